import { defineCommand } from '../command.ts'
import { UNSUPPORTED_RUN_FLAGS } from '../run/runFlags.ts'
import { TEST_FLAGS } from '../test/testFlags.ts'

export const test = defineCommand({
  usage: '[OPTIONS] IMAGE [--] [COMMAND] [ARGUMENT...]',
  summary: 'Run the same command on every platform of an image, side by side',
  flags: TEST_FLAGS,
  operands: [1, Infinity],
  unsupported: [...UNSUPPORTED_RUN_FLAGS, 'interactive', '-i', 'publish', '-p', 'rm', 'tty', '-t'],
  stopsAtOperand: true,
  async run({ flags, operands }, context, signal) {
    const { performTest } = await import('../test/performTest.ts')
    return await performTest(flags, operands, context, signal)
  },
})
