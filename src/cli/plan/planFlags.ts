import { BUILD_FLAGS } from '../build/buildFlags.ts'
import type { FlagTable, FlagValues } from '../flags/flags.ts'
import { withoutFlags } from '../flags/withoutFlags.ts'

/** Flags of `build` that ask for something else than a build, or for files that one leaves. */
export const NOT_OF_PLANS = ['call', 'check', 'iidfile', 'metadata-file', 'quiet'] as const

const OWN = {
  format: { kind: 'text', value: 'FORMAT', help: 'How the plan is told', choices: ['table', 'json'], fallback: 'table' },
} as const satisfies FlagTable

export const PLAN_FLAGS: Omit<typeof BUILD_FLAGS, (typeof NOT_OF_PLANS)[number]> & typeof OWN = { ...withoutFlags(BUILD_FLAGS, NOT_OF_PLANS), ...OWN }

export type PlanFlags = FlagValues<typeof PLAN_FLAGS>
