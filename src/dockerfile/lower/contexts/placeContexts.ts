import type { Platform } from '../../../ground/platform.ts'
import type { LowerRequest } from '../request.ts'
import { findContext, type NamedContext } from './namedContext.ts'
import type { PlannedStage, PlannedStep, StageBase, StepSource } from '../plan.ts'

/** Puts the build's named contexts in the place of the stages and images that have their names. A stage that is replaced has no steps of its own. */
export function placeContexts(stages: readonly PlannedStage[], request: LowerRequest): readonly PlannedStage[] {
  if ((request.namedContexts?.size ?? 0) === 0) return stages
  return stages.map((stage) => placeInStage(stage, request))
}

function placeInStage(stage: PlannedStage, request: LowerRequest): PlannedStage {
  const platform = stage.platform ?? request.targetPlatform
  const { stageName } = stage.from
  const own = stageName === '' ? undefined : findContext(request.namedContexts, stageName, platform)
  if (own !== undefined) return { ...stage, base: toBase(own, stageName), steps: [], isReplaced: true }
  return { ...stage, base: placeBase(stage.base, platform, request), steps: stage.steps.map((step) => placeInStep(step, request)) }
}

/** What a step copies or mounts. */
export function placeInStep(step: PlannedStep, request: LowerRequest): PlannedStep {
  const place = (source: StepSource): StepSource => (source.kind === 'context' ? source : placeBase(source, request.targetPlatform, request))
  return { ...step, source: place(step.source), mountSources: step.mountSources.map(place) }
}

function placeBase(base: StageBase, platform: Platform, { namedContexts }: LowerRequest): StageBase {
  const found = base.kind === 'image' ? findContext(namedContexts, base.written, platform) : undefined
  return found === undefined || base.kind !== 'image' ? base : toBase(found, base.written)
}

function toBase(context: NamedContext, written: string): StageBase {
  switch (context.kind) {
    case 'image':
      return { kind: 'image', written, reference: context.reference }
    case 'scratch':
      return context
    case 'local':
    case 'remote':
      return { kind: 'files', files: context }
  }
}
