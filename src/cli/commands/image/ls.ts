import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { parseTemplate } from '../../format/goTemplate.ts'
import { formatTable } from '../../format/table.ts'

export const imageLs = defineCommand({
  usage: '[OPTIONS] [NAME]',
  summary: 'List local images with their platforms',
  flags: {
    format: { kind: 'text', value: 'TEMPLATE', help: 'Go template for each image, or json' },
    'no-trunc': { kind: 'switch', help: 'Show digests in full' },
    quiet: { kind: 'switch', short: 'q', help: 'Show digests only' },
  },
  operands: [0, 1],
  unsupported: ['all', '-a', 'digests', 'filter', '-f', 'tree'],
  async run({ flags, operands }, context, signal) {
    const template = flags.format === undefined ? undefined : parseTemplate(flags.format)
    const { openEngine } = await import('../../engine.ts')
    const { describeImage } = await import('../../format/imageRow.ts')
    const { createNameFilter } = await import('../../images/imageFilter.ts')
    const [name] = operands
    const isWanted = name === undefined ? () => true : createNameFilter(name)
    await using engine = await openEngine(context, signal)
    const { images } = await engine.local.listImages({ reference: '' }, { signal })
    const rows = images.filter(({ reference }) => isWanted(reference)).map((image) => describeImage(image, { now: context.now(), isFull: flags['no-trunc'] }))
    if (flags.quiet) context.stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''))
    else if (template !== undefined) context.stdout.write(rows.map((row) => `${template.apply({ ...row })}\n`).join(''))
    else context.stdout.write(formatTable(['IMAGE', 'DIGEST', 'CREATED', 'SIZE', 'PLATFORMS'], rows.map((row) => [row.Reference, row.ID, row.CreatedSince, row.Size, row.Platforms])))
    return EXIT.done
  },
})
