import { defineCommand } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { formatTable } from '../format/table.ts'
import { parseTemplate } from '../format/goTemplate.ts'

export const platforms = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show which platforms run here, and how, or on which node of the builder',
  flags: {
    format: { kind: 'text', value: 'TEMPLATE', help: 'Go template for each platform, or json' },
  },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const template = flags.format === undefined ? undefined : parseTemplate(flags.format)
    const { readPlatforms } = await import('../platforms/readPlatforms.ts')
    const { rows, areNamed } = await readPlatforms(context, signal)
    const columns = ['PLATFORM', 'RUNS', 'BY', ...(areNamed ? ['NODE'] : [])]
    context.stdout.write(
      template === undefined
        ? formatTable(columns, rows.map(({ platform, runs, emulator, node }) => [platform, runs, emulator, ...(areNamed ? [node] : [])]))
        : rows.map(({ node, ...row }) => `${template.apply(areNamed ? { ...row, node } : row)}\n`).join(''),
    )
    return EXIT.done
  },
})
