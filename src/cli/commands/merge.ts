import { defineCommand } from '../command.ts'
import { MERGE_FLAGS } from '../merge/mergeFlags.ts'

export const merge = defineCommand({
  usage: '[OPTIONS] PART [PART...]',
  summary: 'Put what several machines have built with build --part under one tag',
  flags: MERGE_FLAGS,
  operands: [1, Infinity],
  async run({ flags, operands }, context, signal) {
    const { performMerge } = await import('../merge/performMerge.ts')
    return await performMerge(flags, operands, context, signal)
  },
})
