import type { Vertex } from '../../graph/vertex.ts'
import { formatPlatform } from '../../ground/platform.ts'
import type { StepWatch } from './stepWatch.ts'

/** How steps of one platform were run. */
export interface StepsOfPlatform {
  readonly platform: string
  /** What steps of the platform run by on this machine: `native`, or the emulator's name and version. */
  readonly mode: string
  /** Processes that were run for this build. */
  readonly executed: number
  /** Of those the ones that an emulator ran. */
  readonly emulated: number
  /** Taken from the cache: how they once ran is not known. */
  readonly cached: number
}

/** By platform, of the steps that run processes; empty where there are none. */
export type Execution = readonly StepsOfPlatform[]

/** Pure. `modeOf` is asked for platforms that have steps. */
export function describeExecution(vertices: readonly Vertex[], watch: Pick<StepWatch, 'outcomeOf'>, modeOf: (platform: string) => string): Execution {
  const steps = vertices.flatMap(({ op, platform, digest }) => (op.kind === 'exec' && platform !== undefined ? [{ digest, platform: formatPlatform(platform) }] : []))
  return [...Map.groupBy(steps, ({ platform }) => platform)].map(([platform, ofPlatform]) => {
    const outcomes = ofPlatform.map(({ digest }) => watch.outcomeOf(digest))
    const executed = outcomes.filter((outcome) => outcome?.kind === 'executed')
    const emulated = executed.filter(({ emulator }) => emulator !== undefined)
    return { platform, mode: modeOf(platform), executed: executed.length, emulated: emulated.length, cached: outcomes.length - executed.length }
  }).sort((a, b) => (a.platform < b.platform ? -1 : 1))
}
