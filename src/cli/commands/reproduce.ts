import { UNSUPPORTED_BUILD_FLAGS } from '../build/buildFlags.ts'
import { defineCommand } from '../command.ts'
import { REPRODUCE_FLAGS } from '../reproduce/reproduceFlags.ts'

export const reproduce = defineCommand({
  usage: '[OPTIONS] PATH|URL',
  summary: 'Build twice from scratch, and name what differs: files, config, and the steps they come from',
  flags: REPRODUCE_FLAGS,
  operands: [1, 1],
  unsupported: [...UNSUPPORTED_BUILD_FLAGS, 'audit', 'iidfile', 'keep-going', 'load', 'metadata-file', 'push', 'quiet', '-q'],
  async run({ flags, operands }, context, signal) {
    const { compareBuilds } = await import('../reproduce/compareBuilds.ts')
    return await compareBuilds(flags, operands[0] ?? '', context, signal)
  },
})
