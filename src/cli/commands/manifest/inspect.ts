import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const manifestInspect = defineCommand({
  usage: '[OPTIONS] NAME',
  summary: 'Show the manifest or index of an image in a registry',
  flags: {
    insecure: { kind: 'switch', help: 'The registry\'s certificate need not be valid, or it speaks plain HTTP' },
    verbose: { kind: 'switch', short: 'v', help: 'Also show each platform\'s manifest, with where it stands' },
  },
  operands: [1, 1],
  async run({ flags, operands: [name = ''] }, context, signal) {
    const { parseReference } = await import('../../../ground/reference.ts')
    const reference = parseReference(name)
    const { openRegistry } = await import('../../registry/registryAccess.ts')
    const { readManifest } = await import('../../registry/manifestDocument.ts')
    const { describeVerbosely } = await import('../../registry/verboseManifest.ts')
    const env = flags.insecure ? { ...context.env, PELAGO_INSECURE_REGISTRIES: reference.host } : context.env
    await using registry = await openRegistry({ ...context, env })
    const document = await readManifest(registry, reference, signal)
    const shown = flags.verbose ? await describeVerbosely(registry, { reference, document }, signal) : document.json
    context.stdout.write(`${JSON.stringify(shown, undefined, 3)}\n`)
    return EXIT.done
  },
})
