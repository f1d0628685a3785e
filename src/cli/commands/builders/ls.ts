import { defineCommand } from '../../command.ts'
import type { BuilderState } from '../../builders/show/nodeState.ts'
import { EXIT } from '../../exitCode.ts'

const HEADINGS = new Map([['Name', 'NAME/NODE'], ['DriverEndpoint', 'DRIVER/ENDPOINT'], ['Buildkit', 'BUILDKIT']])

export const ls = defineCommand({
  usage: '[OPTIONS]',
  summary: 'List builders, how they are, and what platforms they build for',
  flags: {
    format: { kind: 'text', value: 'TEMPLATE', help: 'Go template for each builder and node, or json' },
    'no-trunc': { kind: 'switch', help: 'Show every platform' },
    timeout: { kind: 'text', value: 'DURATION', fallback: '5s', help: 'How long a node elsewhere may take to answer' },
  },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const { parseRowFormat } = await import('../../format/rowFormat.ts')
    const format = parseRowFormat(flags.format, HEADINGS)
    const { parseTimeoutMs } = await import('../../builders/withinTime.ts')
    const { readBuilders } = await import('../../builders/show/readBuilders.ts')
    const { builderFields, builderRows, formatBuilders } = await import('../../builders/show/formatBuilders.ts')
    const { neutralizeLines } = await import('../../render/displayText.ts')
    const { builders, damaged } = await readBuilders(parseTimeoutMs(flags.timeout), context, signal)
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
    for (const line of [...builders.flatMap(describeBroken), ...damaged.map(({ message, hint = '' }) => `${message}\n  ${hint}`)]) context.stderr.write(`warning: ${neutralizeLines(line)}\n`)
    return EXIT.done
  },
})

/** Why nodes do not answer. */
function describeBroken({ builder, nodes }: BuilderState): readonly string[] {
  return nodes.flatMap(({ node, error, hint }) => (error === '' ? [] : [`builder ${builder.name} (${node.name}): ${error}${hint === '' ? '' : `\n  ${hint}`}`]))
}
