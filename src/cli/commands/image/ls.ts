import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const imageLs = defineCommand({
  usage: '[OPTIONS] [NAME]',
  summary: 'List local images with their platforms',
  flags: {
    all: { kind: 'switch', short: 'a', help: 'Show all images, as always here' },
    digests: { kind: 'switch', help: 'Show digests in full' },
    filter: { kind: 'list', short: 'f', value: 'KEY=VALUE', help: 'Only images that match: reference=PATTERN, before=NAME, since=NAME, until=24h, dangling=true' },
    format: { kind: 'text', value: 'TEMPLATE', help: 'Go template for each image, table TEMPLATE, or json' },
    'no-trunc': { kind: 'switch', help: 'Show ids and digests in full' },
    quiet: { kind: 'switch', short: 'q', help: 'Show ids only' },
  },
  operands: [0, 1],
  unsupported: ['tree'],
  async run({ flags, operands: [name] }, context, signal) {
    const { parseRowFormat } = await import('../../format/rowFormat.ts')
    const { describeImage, IMAGE_HEADINGS } = await import('../../format/imageRow.ts')
    const format = parseRowFormat(flags.format, IMAGE_HEADINGS)
    const { openEngine } = await import('../../engine.ts')
    const { formatTable } = await import('../../format/table.ts')
    const { createNameFilter, filterImages } = await import('../../images/imageFilter.ts')
    const isWanted = name === undefined ? () => true : createNameFilter(name)
    await using engine = await openEngine(context, signal)
    const { images } = await engine.local.listImages({ reference: '' }, { signal })
    const chosen = filterImages(flags.filter, { images, now: context.now() }).filter(({ reference }) => isWanted(reference))
    const rows = chosen.map((image) => describeImage(image, { now: context.now(), isFull: flags['no-trunc'] }))
    if (flags.quiet) context.stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''))
    else if (format.kind === 'default') context.stdout.write(formatTable(['IMAGE', 'DIGEST', 'CREATED', 'SIZE', 'PLATFORMS'], rows.map((row) => [row.Reference, flags.digests ? row.Digest : row.ID, row.CreatedSince, row.Size, row.Platforms])))
    else context.stdout.write(format.apply(rows.map((row) => ({ ...row }))))
    return EXIT.done
  },
})
