import { BuildError } from '../../ground/errors.ts'
import { formatPlatform, isSamePlatform, platformsServing, type Platform } from '../../ground/platform.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import { createLimit, mapLimited } from '../../kit/limit.ts'
import { parseTrigger, type Stage } from '../dockerfile.ts'
import { DockerfileError } from '../dockerfileError.ts'
import type { LintedImage } from '../lint/lintSubject.ts'
import { suggest } from '../../ground/suggestion.ts'
import { placeInStep } from './contexts/placeContexts.ts'
import { planStep, type ImageReference, type PlannedStage, type PlannedStep, type StageBase, type StepSource } from './plan.ts'
import type { ImageResolver, LowerRequest, ResolvedImage } from './request.ts'

/** What is needed of a Dockerfile to build a target, with the images it stands on. */
export interface ResolvedStages {
  readonly target: PlannedStage
  /** Those that the target needs, itself included, in order; ONBUILD triggers are among their steps. */
  readonly stages: readonly PlannedStage[]
  /** How many there were, needed or not. */
  readonly stageCount: number
  imageOf(image: ImageReference, platform: Platform): ResolvedImage
}

const MAX_LOOKUPS = 8 // registries throttle clients that ask more at once

export interface StagesToResolve {
  readonly planned: readonly PlannedStage[]
  readonly written: readonly Stage[]
  readonly target: PlannedStage
  /** Those whose needs are looked up: the target's, or for a check all. */
  readonly wanted: readonly PlannedStage[]
  readonly request: LowerRequest
  /** Lets a base image of another platform through, for whoever wants to hear of more than the first mistake. */
  readonly isCheck: boolean
  onImage(image: LintedImage): void
}

/**
 * Looks up the images of the stages that the target needs, and adds what their ONBUILD triggers ask for, which may need
 * more stages, and so on. Each image is looked up once for each platform.
 * @throws DockerfileError
 */
export async function resolveStages(job: StagesToResolve, resolver: ImageResolver, signal: AbortSignal): Promise<ResolvedStages> {
  const images = new Map<string, ResolvedImage>()
  const limit = createLimit(MAX_LOOKUPS)
  const stages = [...job.planned]
  const triggered = new Set<number>()
  for (;;) {
    const reachable = reachableStages(stages, job.wanted)
    const missing = neededImages(reachable, stages, job.request).filter(({ key }) => !images.has(key))
    const found = await mapLimited(missing, limit, async (need, inner) => [need.key, await lookUp(need, { resolver, job }, inner)] as const, signal)
    for (const [key, image] of found) images.set(key, image)
    const fresh = reachable.filter(({ index }) => !triggered.has(index))
    for (const stage of fresh) {
      triggered.add(stage.index)
      stages[stage.index] = addTriggers(stage, triggersOf(stage, stages, images, job.request), job)
    }
    if (fresh.length === 0) return resolved(job, stages, images)
  }
}

function resolved({ target, wanted, request }: StagesToResolve, stages: readonly PlannedStage[], images: ReadonlyMap<string, ResolvedImage>): ResolvedStages {
  return {
    target: stages[target.index] ?? target,
    stages: reachableStages(stages, wanted),
    stageCount: stages.length,
    imageOf(image, platform) {
      const found = images.get(imageKey(image, platform))
      if (found === undefined) throw new TypeError(`${image.reference} was not looked up for ${formatPlatform(platform)} (target ${formatPlatform(request.targetPlatform)})`)
      return found
    },
  }
}

/** In order. @throws DockerfileError where a stage copies from itself or a later one */
function reachableStages(stages: readonly PlannedStage[], wanted: readonly PlannedStage[]): readonly PlannedStage[] {
  const found = new Set<number>()
  const waiting = wanted.map(({ index }) => index)
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const stage = stages[index]
    if (stage === undefined || found.has(index)) continue
    found.add(index)
    waiting.push(...neededStages(stage))
  }
  return stages.filter(({ index }) => found.has(index))
}

function neededStages(stage: PlannedStage): readonly number[] {
  const sources = stage.steps.flatMap((step) => sourcesOf(step).map((source) => ({ source, step })))
  const used = sources.flatMap(({ source, step }) => {
    if (source.kind !== 'stage') return []
    if (source.index < stage.index) return [source.index]
    throw usedTooEarly(stage, source.index, step)
  })
  return stage.base.kind === 'stage' ? [stage.base.index, ...used] : used
}

function sourcesOf({ source, mountSources }: PlannedStep): readonly StepSource[] {
  return [source, ...mountSources]
}

function usedTooEarly(stage: PlannedStage, index: number, { instruction, mountSources }: PlannedStep): DockerfileError {
  const mount = instruction.kind === 'run' ? instruction.mounts[mountSources.findIndex((source) => source.kind === 'stage' && source.index === index)] : undefined
  const from = instruction.kind === 'copy' ? instruction.from : mount?.from
  const name = stage.from.stageName === '' ? `stage-${stage.index}` : stage.from.stageName
  const message = `cannot ${mount === undefined ? 'copy' : 'mount'} from stage ${JSON.stringify(from ?? '')}, it needs to be defined before current stage ${JSON.stringify(name)}`
  const ownHint = mount === undefined ? 'a stage cannot copy from itself: leave --from out, or use RUN cp' : 'a stage has its own files already: leave the mount out'
  return new DockerfileError(message, instruction.span, { hint: index === stage.index ? ownHint : 'move that stage up' })
}

interface ImageNeed {
  readonly key: string
  readonly image: ImageReference
  readonly platform: Platform
  readonly span: SourceSpan
  /** A base image's platform must be the one that was asked for. */
  readonly isBase: boolean
}

/** Each once; bases first. */
function neededImages(reachable: readonly PlannedStage[], stages: readonly PlannedStage[], request: LowerRequest): readonly ImageNeed[] {
  const needs = new Map<string, ImageNeed>()
  const need = (base: StageBase | { readonly kind: 'context' }, rest: Omit<ImageNeed, 'key' | 'image'>): void => {
    if (base.kind !== 'image') return
    const key = imageKey(base, rest.platform)
    if (!needs.has(key)) needs.set(key, { key, image: base, ...rest })
  }
  for (const stage of reachable) need(stage.base, { platform: stagePlatform(stage, stages, request), span: stage.from.span, isBase: true })
  for (const { steps } of reachable) {
    for (const step of steps) {
      for (const source of sourcesOf(step)) need(source, { platform: request.targetPlatform, span: step.instruction.span, isBase: false })
    }
  }
  return [...needs.values()]
}

/** A stage has the platform of the stage it stands on, else its own, else the target's. */
export function stagePlatform(stage: PlannedStage, stages: readonly PlannedStage[], request: LowerRequest): Platform {
  const { base } = stage
  const below = base.kind === 'stage' ? stages.find(({ index }) => index === base.index) : undefined
  if (below !== undefined) return stagePlatform(below, stages, request)
  return base.kind === 'scratch' ? request.targetPlatform : (stage.platform ?? request.targetPlatform)
}

function imageKey({ reference }: ImageReference, platform: Platform): string {
  return `${reference} ${formatPlatform(platform)}`
}

interface LookUp {
  readonly resolver: ImageResolver
  readonly job: StagesToResolve
}

async function lookUp({ image, platform, span, isBase }: ImageNeed, { resolver, job }: LookUp, signal: AbortSignal): Promise<ResolvedImage> {
  const found = await resolver.resolveImage(image.reference, platform, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    if (!(error instanceof BuildError)) throw error
    const names = job.planned.flatMap(({ from }) => (from.stageName === '' ? [] : [from.stageName]))
    const hint = (error.kind === 'not-found' ? suggest(image.written, names) : undefined) ?? error.hint
    throw new DockerfileError(error.message.startsWith(image.written) ? error.message : `${image.written}: ${error.message}`, span, { hint, cause: error, kind: error.kind })
  })
  job.onImage({ written: image.written, platform, found, span, isBase })
  if (isBase && !job.isCheck) checkPlatform(image, found, { platform, span })
  return found
}

/** A lone manifest is given to whoever asks; its config tells what it is. */
function checkPlatform({ written }: ImageReference, { config }: ResolvedImage, { platform, span }: { readonly platform: Platform; readonly span: SourceSpan }): void {
  const found = platformMismatch(written, config, platform)
  if (found !== undefined) throw new DockerfileError(found.message, span, { hint: found.hint })
}

/** Why an image cannot be a base for `platform`: it is for another. Undefined where it can. */
export function platformMismatch(written: string, config: ImageConfig, platform: Platform): { readonly message: string; readonly hint: string } | undefined {
  if (platformsServing(platform).some((serving) => isSamePlatform(serving, config.platform))) return undefined
  const has = formatPlatform(config.platform)
  const hint = `use a tag that has ${formatPlatform(platform)}, or write FROM --platform=${has} where the stage is to run as ${has}`
  return { message: `base image ${written} is for ${has}, not for ${formatPlatform(platform)}`, hint }
}

/** Of the base image, or of the stage it stands on. */
function triggersOf(stage: PlannedStage, stages: readonly PlannedStage[], images: ReadonlyMap<string, ResolvedImage>, request: LowerRequest): readonly string[] {
  const { base, isReplaced } = stage
  if (isReplaced) return []
  switch (base.kind) {
    case 'scratch':
    case 'files':
      return []
    case 'built':
      return base.image.config.container.onBuild
    case 'image':
      return images.get(imageKey(base, stagePlatform(stage, stages, request)))?.config.container.onBuild ?? []
    case 'stage':
      return stages[base.index]?.steps.flatMap(({ instruction }) => (instruction.kind === 'onbuild' ? [instruction.trigger] : [])) ?? []
  }
}

function addTriggers(stage: PlannedStage, triggers: readonly string[], { written, request }: StagesToResolve): PlannedStage {
  const place = { stage, stages: written, request }
  const steps = triggers.map((trigger) => placeInStep(planStep(parseTrigger(trigger, stage.from.span), written, true), place))
  return { ...stage, steps: [...steps, ...stage.steps] }
}
