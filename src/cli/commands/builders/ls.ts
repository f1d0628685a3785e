import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

const HEADINGS = new Map([['Name', 'NAME/NODE'], ['DriverEndpoint', 'DRIVER/ENDPOINT'], ['Buildkit', 'BUILDKIT']])

export const ls = defineCommand({
  usage: '[OPTIONS]',
  summary: 'List builders, how they are, and what platforms they build for',
  flags: {
    format: { kind: 'text', value: 'TEMPLATE', help: 'Go template for each builder and node, or json' },
    'no-trunc': { kind: 'switch', help: 'Show every platform' },
  },
  operands: [0, 0],
  unsupported: ['timeout'],
  async run({ flags }, context, signal) {
    const { parseRowFormat } = await import('../../format/rowFormat.ts')
    const format = parseRowFormat(flags.format, HEADINGS)
    const { readBuilders } = await import('../../builders/readBuilders.ts')
    const { builderFields, builderRows, formatBuilders } = await import('../../builders/formatBuilders.ts')
    const { builders, damaged } = await readBuilders(context, signal)
    switch (format.kind) {
      case 'default':
        context.stdout.write(formatBuilders(builders, { isFull: flags['no-trunc'] }))
        break
      case 'json':
        context.stdout.write(format.apply(builders.map(builderFields)))
        break
      case 'template':
      case 'table':
        context.stdout.write(format.apply(builders.flatMap(builderRows)))
    }
    const broken = builders.flatMap(({ builder, nodes }) => nodes.flatMap(({ node, error }) => (error === '' ? [] : [`builder ${builder.name} (${node.name}): ${error}`])))
    for (const line of [...broken, ...damaged.map(({ message, hint = '' }) => `${message}\n  ${hint}`)]) context.stderr.write(`warning: ${line}\n`)
    return EXIT.done
  },
})
