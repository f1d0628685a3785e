import type { AccelerateMode } from '../../graph/accelerate.ts'
import type { TwinUse, Vertex } from '../../graph/vertex.ts'
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
  /** Which native twins its steps were to have, as `--accelerate` says it; absent is none. */
  readonly accelerate?: AccelerateMode
  /** Of those the ones that were given native twins of some programs, whether or not they used them; absent is none. */
  readonly accelerated?: number
  /** And those that were run with such twins, too, used them, and came to the same; absent is none. */
  readonly verified?: number
  /** Taken from the cache: how they once ran is not known. */
  readonly cached: number
}

/** By platform, of the steps that run processes; empty where there are none. */
export type Execution = readonly StepsOfPlatform[]

/** Pure. `modeOf` is asked for platforms that have steps. */
export function describeExecution(vertices: readonly Vertex[], watch: Pick<StepWatch, 'outcomeOf'>, modeOf: (platform: string) => string): Execution {
  const steps = vertices.flatMap(({ op, platform, digest }) => (op.kind === 'exec' && platform !== undefined ? [{ digest, platform: formatPlatform(platform), twinUse: op.twins, isVerified: op.twins?.mode === 'verify' }] : []))
  return [...Map.groupBy(steps, ({ platform }) => platform)].map(([platform, ofPlatform]) => {
    const executed = ofPlatform.flatMap(({ digest, isVerified }) => {
      const outcome = watch.outcomeOf(digest)
      return outcome?.kind === 'executed' ? [{ ...outcome, isVerified }] : []
    })
    const emulated = executed.filter(({ emulator }) => emulator !== undefined)
    const verified = emulated.filter(({ isVerified, twins }) => isVerified && twins === 'used').length
    const accelerated = emulated.filter(({ isVerified, twins }) => !isVerified && twins !== 'none').length // the result of a verified one is that without twins
    const accelerate = accelerateOf(ofPlatform.flatMap(({ twinUse }) => twinUse ?? []))
    return { platform, mode: modeOf(platform), executed: executed.length, emulated: emulated.length, ...(accelerate !== undefined && { accelerate }), ...(accelerated > 0 && { accelerated }), ...(verified > 0 && { verified }), cached: ofPlatform.length - executed.length }
  }).sort((a, b) => (a.platform < b.platform ? -1 : 1))
}

/** Steps of one build have one mode, but not all of them need have a toolchain. */
function accelerateOf(uses: readonly TwinUse[]): AccelerateMode | undefined {
  const [first] = uses
  if (first === undefined) return undefined
  const hasToolchain = uses.some(({ toolchain }) => toolchain !== undefined)
  if (first.mode === 'verify') return hasToolchain ? 'verify-toolchain' : 'verify'
  return hasToolchain ? 'toolchain' : 'on'
}
