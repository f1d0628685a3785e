import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const stop = defineCommand({
  usage: '[NAME]',
  summary: 'End the engines of a builder, and what they run; the next command starts them again',
  flags: {},
  operands: [0, 1],
  async run({ operands: [name] }, context, signal) {
    const { chooseBuilder } = await import('../../builders/chooseBuilder.ts')
    const { stopNodes } = await import('../../builders/nodes/stopNodes.ts')
    const builder = await chooseBuilder(name === undefined ? context : { ...context, builder: name })
    await stopNodes(builder, context, signal)
    return EXIT.done
  },
})
