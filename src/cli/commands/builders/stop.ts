import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const stop = defineCommand({
  usage: '[NAME]',
  summary: 'End the engine of a builder, and what it runs; the next command starts it again',
  flags: {},
  operands: [0, 1],
  async run({ operands: [name] }, context, signal) {
    const { chooseBuilder } = await import('../../builders/chooseBuilder.ts')
    const { stopNode } = await import('../../builders/stopNode.ts')
    const builder = await chooseBuilder(name === undefined ? context : { ...context, builder: name })
    for (const node of builder.nodes) {
      if ((await stopNode(node, context, signal)) === 'not-ours') context.stderr.write(`note: ${node.endpoint} is left running: it is stopped where it was started\n`)
    }
    return EXIT.done
  },
})
