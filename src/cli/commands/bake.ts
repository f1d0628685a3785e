import { BAKE_FLAGS } from '../bake/bakeFlags.ts'
import { defineCommand } from '../command.ts'

export const bake = defineCommand({
  usage: '[OPTIONS] [URL [CONTEXT]] [TARGET...]',
  summary: 'Build the targets of bake files and Compose files',
  flags: BAKE_FLAGS,
  operands: [0, Infinity],
  async run({ flags, operands }, context, signal) {
    const { performBake } = await import('../bake/performBake.ts')
    return await performBake(flags, operands, context, signal)
  },
})
