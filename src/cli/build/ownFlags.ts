import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { UsageError } from '../flags/usageError.ts'
import type { BuildFlags } from './buildFlags.ts'

/** A flag that a BuildKit would not obey, and not refuse. */
interface OwnFlag {
  readonly name: string
  readonly isAsked: (flags: BuildFlags) => boolean
  readonly hint: string
}

const OWN_FLAGS: readonly OwnFlag[] = [
  // without it an audit is a matter of course, where the engine has it
  { name: '--audit', isAsked: ({ audit }) => audit === 'error' || audit === 'warn', hint: 'leave it out, and call pelago audit on the image that was pushed' },
  { name: '--accelerate', isAsked: ({ accelerate = 'off' }) => accelerate !== 'off', hint: 'leave it out, or write --accelerate=off where PELAGO_ACCELERATE or the builder has it' },
]

/** @throws UsageError where a flag was given that only Pelago's own engine obeys, and this is none */
export async function requireOwnFlags({ local }: EngineClient, builds: readonly BuildFlags[], signal: AbortSignal): Promise<void> {
  const asked = OWN_FLAGS.find(({ isAsked }) => builds.some(isAsked))
  if (asked === undefined) return
  try {
    await local.describe({}, { signal })
  } catch (error) {
    if (!(error instanceof UnsupportedByPeerError)) throw error
    throw new UsageError(`${asked.name} needs Pelago's own engine, and this builder is a BuildKit`, { hint: asked.hint, cause: error })
  }
}
