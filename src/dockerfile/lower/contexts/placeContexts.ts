import type { Platform } from '../../../ground/platform.ts'
import type { Stage } from '../../dockerfile.ts'
import { DockerfileError } from '../../dockerfileError.ts'
import type { PlannedStage, PlannedStep, StageBase, StageReference, StepSource } from '../plan.ts'
import type { LowerRequest } from '../request.ts'
import { findContext, type NamedContext, type TargetContext } from './namedContext.ts'

/** Where a named context is looked for: in a stage, among all stages of the Dockerfile. */
export interface ContextPlace {
  readonly stage: Pick<Stage, 'index' | 'from'>
  readonly stages: readonly Pick<Stage, 'index' | 'from'>[]
  readonly request: LowerRequest
}

/**
 * Puts the build's named contexts in the place of the stages and images that have their names. A stage that is replaced
 * has no steps of its own. @throws DockerfileError where one is a target that is not there
 */
export function placeContexts(stages: readonly PlannedStage[], request: LowerRequest): readonly PlannedStage[] {
  if ((request.namedContexts?.size ?? 0) === 0) return stages
  return stages.map((stage) => placeInStage(stage, { stage, stages, request }))
}

function placeInStage(stage: PlannedStage, place: ContextPlace): PlannedStage {
  const { namedContexts, targetPlatform } = place.request
  const platform = stage.platform ?? targetPlatform
  const { stageName } = stage.from
  const own = stageName === '' ? undefined : findContext(namedContexts, stageName, platform)
  if (own !== undefined) return { ...stage, base: toBase(own, stageName, place), steps: [], isReplaced: true }
  return { ...stage, base: placeBase(stage.base, platform, place), steps: stage.steps.map((step) => placeInStep(step, place)) }
}

/** What a step copies or mounts. @throws DockerfileError as `placeContexts` */
export function placeInStep(step: PlannedStep, place: ContextPlace): PlannedStep {
  const placeSource = (source: StepSource): StepSource => (source.kind === 'context' ? source : placeBase(source, place.request.targetPlatform, place))
  return { ...step, source: placeSource(step.source), mountSources: step.mountSources.map(placeSource) }
}

function placeBase(base: StageBase, platform: Platform, place: ContextPlace): StageBase {
  const found = base.kind === 'image' ? findContext(place.request.namedContexts, base.written, platform) : undefined
  return found === undefined || base.kind !== 'image' ? base : toBase(found, base.written, place)
}

function toBase(context: NamedContext, written: string, place: ContextPlace): StageBase {
  switch (context.kind) {
    case 'image':
      return { kind: 'image', written, reference: context.reference }
    case 'scratch':
      return context
    case 'target':
      return findTargetStage(context, written, place)
    case 'built':
      return { ...context, written }
    case 'input':
      throw new TypeError(`input ${context.key} was not looked up`)
    case 'local':
    case 'remote':
      return { kind: 'files', files: context }
  }
}

/** A later stage could stand on this one. */
function findTargetStage({ stageName }: TargetContext, written: string, { stage, stages }: ContextPlace): StageReference {
  const earlier = stages.filter(({ index }) => index < stage.index)
  const found = earlier.findLast(({ from }) => from.stageName === stageName)
  if (found !== undefined) return { kind: 'stage', index: found.index }
  const names = earlier.flatMap(({ from }) => (from.stageName === '' ? [] : [from.stageName]))
  const hint = names.length === 0 ? 'no stage before this one has a name' : `the stages before this one are ${names.join(', ')}`
  throw new DockerfileError(`context ${written} is target ${JSON.stringify(stageName)}, which is no stage before this one`, stage.from.span, { hint })
}
