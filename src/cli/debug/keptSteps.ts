import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { FailedStep } from '../../api/gen/local_pb.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { BuildError } from '../../ground/errors.ts'
import type { Keeper, Keepers } from './keepers.ts'

export interface FoundStep {
  readonly keeper: Keeper
  /** Undefined where there is none: the engine says why. */
  readonly found: FailedStep | undefined
}

/** The last that failed of those whose id begins so. @throws EngineUnavailableError where a node that did not answer may keep it; DebugUnavailableError */
export async function findStep(keepers: Keepers, step: string, signal: AbortSignal): Promise<FoundStep> {
  const { steps, asked } = await readKept(keepers.engines, signal)
  const kept = steps.find(({ step: { id } }) => id.startsWith(step))
  if (kept !== undefined) return { keeper: kept.keeper, found: kept.step }
  keepers.finish()
  return { keeper: asked[0] ?? keepers.engines[0], found: undefined }
}

export interface KeptSteps {
  /** The last that failed first. */
  readonly steps: readonly { readonly keeper: Keeper; readonly step: FailedStep }[]
  /** Those that keep any at all. */
  readonly asked: readonly Keeper[]
}

/** What all of them keep. @throws DebugUnavailableError where none keeps any */
export async function readKept(keepers: Keepers['engines'], signal: AbortSignal): Promise<KeptSteps> {
  const ends = await Promise.allSettled(keepers.map(async (keeper) => ({ keeper, steps: await readFailedSteps(keeper.engine, signal) })))
  const kept = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []))
  const [first] = failures.filter((failure) => kept.length === 0 || !(failure instanceof DebugUnavailableError))
  if (first !== undefined) throw first
  const steps = kept.flatMap(({ keeper, steps: each }) => each.map((step) => ({ keeper, step })))
  return { steps: steps.toSorted((a, b) => Number(b.step.failedAtMs - a.step.failedAtMs)), asked: kept.map(({ keeper }) => keeper) }
}

/** @throws DebugUnavailableError */
export async function readFailedSteps(engine: EngineClient, signal: AbortSignal): Promise<readonly FailedStep[]> {
  try {
    return (await engine.local.listFailedSteps({}, { signal })).steps
  } catch (error) {
    if (error instanceof UnsupportedByPeerError) throw new DebugUnavailableError({ cause: error })
    throw error
  }
}

/** The other end is a buildkitd, which keeps nothing of a step that failed. */
export class DebugUnavailableError extends BuildError {
  readonly kind = 'unavailable'
  constructor(options: { readonly cause: unknown }) {
    super('this builder keeps no failed steps: only Pelago\'s own engine does', { ...options, hint: 'build with the default builder, and look into the step there' })
  }
}
