import { type CommandContext, defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import type { Reference } from '../../../ground/reference.ts'
import type { TemplateValue } from '../../format/goTemplate.ts'

export const manifestInspect = defineCommand({
  usage: '[OPTIONS] [LIST] NAME',
  summary: 'Show a manifest or an index: of a local list, or of an image in a registry',
  flags: {
    insecure: { kind: 'switch', help: 'The registry\'s certificate need not be valid, or it speaks plain HTTP' },
    verbose: { kind: 'switch', short: 'v', help: 'Also show each platform\'s manifest, with where it stands' },
  },
  operands: [1, 2],
  async run({ flags: { verbose, insecure }, operands }, context, signal) {
    const { parseReference } = await import('../../../ground/reference.ts')
    const { inspectList, inspectListed } = await import('../../manifest/inspectListed.ts')
    const [name = '', list] = operands.toReversed()
    const reference = parseReference(name)
    const shown =
      list === undefined
        ? ((await inspectList(reference, verbose, context)) ?? (await inspectRemote(reference, { verbose, insecure }, context, signal)))
        : await inspectListed(parseReference(list), reference, verbose, context)
    context.stdout.write(`${JSON.stringify(shown, undefined, 3)}\n`)
    return EXIT.done
  },
})

async function inspectRemote(reference: Reference, { verbose, insecure }: { readonly verbose: boolean; readonly insecure: boolean }, context: CommandContext, signal: AbortSignal): Promise<TemplateValue> {
  const { openRegistry } = await import('../../registry/registryAccess.ts')
  const { withInsecureRegistries } = await import('../../build/performBuild.ts')
  const { readManifest } = await import('../../registry/manifestDocument.ts')
  const { describeVerbosely } = await import('../../registry/verboseManifest.ts')
  await using registry = await openRegistry(withInsecureRegistries(context, insecure ? [reference.host] : []))
  const document = await readManifest(registry, reference, signal)
  return verbose ? await describeVerbosely(registry, { reference, document }, signal) : document.json
}
