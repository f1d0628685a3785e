import { UNSUPPORTED_BUILD_FLAGS } from '../build/buildFlags.ts'
import { defineCommand } from '../command.ts'
import { NOT_OF_PLANS, PLAN_FLAGS } from '../plan/planFlags.ts'

export const plan = defineCommand({
  usage: '[OPTIONS] PATH|URL|-',
  summary: 'Tell what a build would do: what runs, natively or emulated, what is cached, pulled or missing, and what would make it fast',
  flags: PLAN_FLAGS,
  operands: [1, 1],
  unsupported: [...UNSUPPORTED_BUILD_FLAGS, ...NOT_OF_PLANS, '-q'],
  async run({ flags, operands }, context, signal) {
    const { askPlan } = await import('../plan/askPlan.ts')
    return await askPlan(flags, operands[0] ?? '', context, signal)
  },
})
