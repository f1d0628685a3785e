import type { RunMode } from '../../executor/executor.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { TOOLCHAIN_PAGE } from '../../graph/accelerate.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { runStep } from '../stepProgress.ts'
import type { FrontendAttributes } from './frontendAttributes.ts'
import type { LoweredTarget } from './lowerTargets.ts'

/** Emulated stages whose steps have no native twins, though some were asked for: why, by platform. */
export function findMissingTwins(targets: readonly LoweredTarget[], modeOf: (platform: Platform) => RunMode | undefined): ReadonlyMap<string, readonly string[]> {
  const stages = targets.flatMap(({ lowered }) => lowered.stages).filter(({ platform, steps }) => steps.some(({ instruction }) => instruction.kind === 'run') && modeOf(platform)?.kind === 'emulated')
  const found = stages.flatMap(({ stage: { from, index }, platform, withoutTwins }) => (withoutTwins === undefined ? [] : [{ platform: formatPlatform(platform), reason: `stage ${from.stageName === '' ? index : from.stageName}: ${withoutTwins}` }]))
  return new Map([...Map.groupBy(found, ({ platform }) => platform)].map(([platform, reasons]) => [platform, [...new Set(reasons.map(({ reason }) => reason))]]))
}

/** As a step of its own for each platform, with a line of output for each reason. */
export async function tellMissingTwins(missing: ReadonlyMap<string, readonly string[]>, progress: ProgressSink): Promise<void> {
  for (const [platform, reasons] of missing) {
    await runStep(progress, `[internal] native twins for ${platform}`, async ({ vertex, sink }) => {
      for (const reason of reasons) sink({ kind: 'vertex-log', vertex, at: Date.now(), stream: 'stderr', bytes: Buffer.from(`none for ${reason}\n`) })
    })
  }
}

/** A warning for each platform whose steps have twins, but can have none of compilers, though these were asked for. */
export function tellMissingToolchains(targets: readonly LoweredTarget[], { accelerate, networkMode }: Pick<FrontendAttributes, 'accelerate' | 'networkMode'>, progress: ProgressSink): void {
  if (accelerate?.hasToolchain !== true) return
  for (const { platform, lowered } of targets) {
    const hasNone = [...lowered.graph.values()].some(({ op }) => op.kind === 'exec' && op.twins !== undefined && op.twins.toolchain === undefined)
    const why = networkMode === 'none' ? 'the build has no network (--network=none) to fetch cross compilers by' : `${platform.architecture} is no target of it`
    if (hasNone) progress({ kind: 'warning', vertex: undefined, at: Date.now(), message: `without toolchain for ${formatPlatform(platform)}: ${why}`, detail: [], url: TOOLCHAIN_PAGE, span: undefined })
  }
}
