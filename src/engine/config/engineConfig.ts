import type { Platform } from '../../ground/platform.ts'

/** What the operator of an engine sets; it holds as long as the engine runs. */
export interface EngineConfig {
  /** What clients may allow their builds: `network.host`, `security.insecure`, `device`. Undefined: all, as for a user's own engine. */
  readonly entitlements: ReadonlySet<string> | undefined
  /** What it says it builds for, the first one being the machine's; empty: all that runs here. */
  readonly platforms: readonly Platform[]
  /** Shown to clients, beside its own. */
  readonly labels: ReadonlyMap<string, string>
  /** Whether each call is logged. */
  readonly isDebug: boolean
}

/** Of an engine that a command starts for its user. */
export const OWN_ENGINE: EngineConfig = { entitlements: undefined, platforms: [], labels: new Map(), isDebug: false }
