import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { parseTemplate } from '../../format/goTemplate.ts'
import { UsageError } from '../../flags/usageError.ts'

export const imagetoolsInspect = defineCommand({
  usage: '[OPTIONS] NAME',
  summary: 'Show an image in a registry',
  flags: {
    format: { kind: 'text', value: 'TEMPLATE', help: 'Go template, such as {{json .Manifest}} or {{.Manifest.Digest}}; there are .Name, .Manifest, .Image, .Provenance and .SBOM' },
    raw: { kind: 'switch', help: 'Show the manifest or index byte for byte' },
  },
  operands: [1, 1],
  async run({ flags, operands: [name = ''] }, context, signal) {
    if (flags.raw && flags.format !== undefined) throw new UsageError('--raw and --format exclude each other')
    const template = flags.format === undefined ? undefined : parseTemplate(flags.format)
    const { parseReference } = await import('../../../ground/reference.ts')
    const reference = parseReference(name)
    const { openRegistry } = await import('../../registry/registryAccess.ts')
    const { readManifest } = await import('../../registry/manifestDocument.ts')
    const { formatManifest, templateData } = await import('../../registry/imagetoolsView.ts')
    await using registry = await openRegistry(context)
    const document = await readManifest(registry, reference, signal)
    if (flags.raw) context.stdout.write(document.bytes)
    else if (template === undefined) {
      const { describeAttestations } = await import('../../registry/attestationView.ts')
      const entries = document.content.kind === 'index' ? document.content.entries : []
      context.stdout.write(formatManifest(reference, document, await describeAttestations(registry, { reference, entries }, signal)))
    } else {
      const format = flags.format ?? ''
      const needs = { needsImage: /\.Image|json \.\s*\}|^json$/i.test(format), needsAttestations: /\.(?:Provenance|SBOM)/i.test(format) }
      const data = await templateData(registry, { reference, document, ...needs }, signal)
      context.stdout.write(`${template.apply(data)}\n`)
    }
    return EXIT.done
  },
})
