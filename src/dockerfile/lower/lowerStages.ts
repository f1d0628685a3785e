import { formatPlatform, type Platform } from '../../ground/platform.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import { createGraphBuilder, type GraphBuilder } from '../../graph/graphBuilder.ts'
import type { Graph, Output } from '../../graph/vertex.ts'
import type { Dockerfile } from '../dockerfile.ts'
import { at, DockerfileError } from '../dockerfileError.ts'
import { addImage, hasLayers } from './addImage.ts'
import type { GlobalScope } from './globalScope.ts'
import { lowerCopy, lowerWorkdir } from './steps/lowerCopy.ts'
import { lowerMetadata } from './steps/lowerMetadata.ts'
import { lowerRun } from './steps/lowerRun.ts'
import { lowerArg, lowerEnv } from './steps/lowerVariables.ts'
import { addFilesContext } from './contexts/namedContext.ts'
import type { BuiltBase, ImageReference, PlannedStage, PlannedStep, StepSource } from './plan.ts'
import { addRemoteContext, takeFolder } from './contexts/remoteContext.ts'
import type { LowerRequest } from './request.ts'
import { platformMismatch, stagePlatform, type ResolvedStages } from './resolveStages.ts'
import { derivedState, imageState, scratchState, type StageContext, type StageState } from './stageState.ts'
import { isScanWanted, type StageScan } from './stageScan.ts'
import { nameStep } from './steps/stepName.ts'
import type { TwinBase } from './twins/twinBases.ts'
import { stageTwins } from './twins/stageTwins.ts'
import type { Toolchain } from './twins/toolchain.ts'

export interface LowerJob {
  readonly request: LowerRequest
  readonly dockerfile: Dockerfile
  readonly scope: GlobalScope
  readonly resolved: ResolvedStages
  /** Of the stages that may have twins, and whose sibling is not built. */
  readonly twinBases: ReadonlyMap<number, TwinBase>
  /** Where the twins of compilers are from; undefined where none are asked for. */
  readonly toolchain: Toolchain | undefined
}

export interface LoweredStages {
  readonly graph: Graph
  readonly target: StageState
  /** In order. */
  readonly stages: readonly LoweredStage[]
  /** Of all stages, absolute. */
  readonly contextPaths: ReadonlySet<string>
}

/** What became of a stage. */
export interface LoweredStage {
  readonly stage: PlannedStage
  readonly platform: Platform
  /** What it begins with; undefined is nothing. */
  readonly base: Output | undefined
  readonly steps: readonly LoweredStep[]
  /** What it comes to; undefined is nothing. */
  readonly root: Output | undefined
  /** What of it an SBOM is to tell besides the result. */
  readonly scan: StageScan
  /** Why none of its processes has a native twin, where some were asked for. */
  readonly withoutTwins: string | undefined
}

/** A step, and the stage's files before and after it: the same where it changes the image's config alone. */
export interface LoweredStep extends PlannedStep {
  readonly before: Output | undefined
  readonly after: Output | undefined
}

/** All stages that the target needs. `followPaths` are what the context's vertex is to bring; `watch` sees each step before it is lowered. @throws DockerfileError */
export function lowerStages(job: LowerJob, followPaths: readonly string[], watch: StepWatcher = () => undefined): LoweredStages {
  const graph = createGraphBuilder(job.request.judgeSource)
  const states = new Map<number, StageState>()
  const stages: LoweredStage[] = []
  for (const stage of job.resolved.stages) {
    const { state, lowered } = lowerStage(stage, states, { ...job, graph, followPaths, watch })
    states.set(stage.index, state)
    stages.push(lowered)
  }
  const target = stateOf(states, job.resolved.target.index)
  return { graph: graph.build(), target, stages, contextPaths: new Set([...states.values()].flatMap(({ contextPaths }) => [...contextPaths])) }
}

export type StepWatcher = (step: PlannedStep & { readonly stage: PlannedStage; readonly before: StageState }) => void

interface StageJob extends LowerJob {
  readonly watch: StepWatcher
  readonly graph: GraphBuilder
  readonly followPaths: readonly string[]
}

type States = ReadonlyMap<number, StageState>

function stateOf(states: States, index: number): StageState {
  const state = states.get(index)
  if (state === undefined) throw new TypeError(`stage ${index} is used before it is lowered`)
  return state
}

function lowerStage(stage: PlannedStage, states: States, job: StageJob): { readonly state: StageState; readonly lowered: LoweredStage } {
  const context = stageContext(stage, states, job)
  const start = at(stage.from.span, () => startOf(stage, states, job, context))
  const steps: LoweredStep[] = []
  const twins = stageTwins(stage, start.platform, job)
  const lowerWatched = (before: StageState, step: PlannedStep, index: number): StageState => {
    job.watch({ ...step, stage, before })
    const after = withLayerSpans(before, at(step.instruction.span, () => lowerStep(before, step, { ...context, twin: step.instruction.kind === 'run' ? twins?.before(index, before.root) : undefined })), step)
    steps.push({ ...step, before: before.root, after: after.root })
    return after
  }
  const state = stage.steps.reduce(lowerWatched, start)
  const scan = scanOf(stage, state, job)
  // of a context that is told of, all is brought
  const contextPaths = scan.context === undefined ? state.contextPaths : new Set([...state.contextPaths, '/'])
  return { state: { ...state, contextPaths }, lowered: { stage, platform: start.platform, base: start.root, steps, root: state.root, scan, withoutTwins: twins?.missing } }
}

function scanOf(stage: PlannedStage, state: StageState, job: StageJob): StageScan {
  const { request, scope } = job
  if (request.isScanned !== true) return { isScanned: false, context: undefined }
  const context = isScanWanted('BUILDKIT_SBOM_SCAN_CONTEXT', stage, state, scope) ? addContext(job) : undefined
  return { isScanned: isScanWanted('BUILDKIT_SBOM_SCAN_STAGE', stage, state, scope), context }
}

function withLayerSpans(before: StageState, after: StageState, { instruction }: PlannedStep): StageState {
  const layers = after.image.history.slice(before.image.history.length).filter(({ emptyLayer }) => !emptyLayer)
  return layers.length === 0 ? after : { ...after, layerSpans: [...before.layerSpans, ...layers.map(() => instruction.span)] }
}

function stageContext(stage: PlannedStage, states: States, job: StageJob): StageContext {
  const { request, dockerfile, scope, graph, resolved } = job
  const { stageName } = stage.from
  const layers = stage.steps.filter(({ instruction }) => ['run', 'copy', 'workdir'].includes(instruction.kind)).length
  const unnamed = resolved.stageCount === 1 ? '' : `stage-${stage.index}`
  return {
    request,
    escape: dockerfile.escape,
    scope,
    graph,
    displayName: resolved.stageCount === 1 || stageName === '' ? unnamed : stageName,
    stepCount: layers + (stage.base.kind === 'image' ? 1 : 0),
    ignoreCache: isUncached(request.noCache, stageName),
    twin: undefined,
    sourceRoot: (source, span) => sourceRoot(source, span, states, job),
  }
}

function isUncached(noCache: LowerRequest['noCache'], stageName: string): boolean {
  if (noCache === 'all' || noCache === 'none') return noCache === 'all'
  return noCache.some((name) => name.toLowerCase() === stageName)
}

function startOf(stage: PlannedStage, states: States, job: StageJob, context: StageContext): StageState {
  const { base } = stage
  if (base.kind === 'scratch') return scratchState(job.request.targetPlatform)
  if (base.kind === 'stage') return derivedState(stateOf(states, base.index))
  const platform = stagePlatform(stage, job.resolved.stages, job.request)
  if (base.kind === 'files') return { ...scratchState(platform), root: addFilesContext(base.files, job.request.sessionOf, job.graph) }
  if (base.kind === 'built') return builtState(base, { platform, span: stage.from.span }, job)
  const image = job.resolved.imageOf(base, platform)
  const empty = imageState(undefined, platform, image.config)
  if (!hasLayers(image)) return empty
  const { note, state } = nameStep(empty, `FROM ${image.reference}`, { span: stage.from.span, isTrigger: false }, context)
  return { ...state, root: addImage(image, platform, { ...note, ignoreCache: false }, job.graph) }
}

/** @throws DockerfileError where it is for another platform */
function builtState({ image, written }: BuiltBase, { platform, span }: { readonly platform: Platform; readonly span: SourceSpan }, { graph }: StageJob): StageState {
  const mismatch = platformMismatch(written, image.config, platform)
  if (mismatch !== undefined) throw new DockerfileError(mismatch.message, span, { hint: `build the target that ${written} is for ${formatPlatform(platform)} too` })
  graph.addAll(image.graph)
  return { ...imageState(image.root, platform, image.config), layerSpans: image.layerSpans }
}

function sourceRoot(source: StepSource, span: SourceSpan, states: States, job: StageJob): Output | undefined {
  switch (source.kind) {
    case 'scratch':
      return undefined
    case 'stage':
      return stateOf(states, source.index).root
    case 'image':
      return copiedImage(source, span, job)
    case 'built':
      job.graph.addAll(source.image.graph)
      return source.image.root
    case 'files':
      return addFilesContext(source.files, job.request.sessionOf, job.graph)
    case 'context':
      return addContext(job)
  }
}

function copiedImage(source: ImageReference, span: SourceSpan, { resolved, request, graph }: StageJob): Output | undefined {
  const image = resolved.imageOf(source, request.targetPlatform)
  if (!hasLayers(image)) return undefined
  return addImage(image, request.targetPlatform, { name: `FROM ${image.reference}`, ignoreCache: false, span }, graph)
}

/** Undefined is a context without files. */
function addContext({ request, graph, followPaths }: StageJob): Output | undefined {
  const { contextName: name, sessionOf, sharedKeyHint, ignorePatterns: excludePatterns, remoteContext, inputContext } = request
  if (inputContext !== undefined) {
    const { image: { graph: vertices, root }, folder } = inputContext
    graph.addAll(vertices)
    return root && takeFolder(root, folder, graph)
  }
  if (remoteContext !== undefined) return addRemoteContext(remoteContext, graph)
  const source = { kind: 'local', name, sessionId: sessionOf(name), includePatterns: [], excludePatterns, followPaths, sharedKeyHint } as const
  return graph.add({ op: { kind: 'source', source }, inputs: [], platform: undefined }, { name: '[internal] load build context', ignoreCache: false, span: undefined })
}

function lowerStep(state: StageState, step: PlannedStep, context: StageContext): StageState {
  const { instruction } = step
  if (instruction.kind === 'run') return lowerRun(state, instruction, step, context)
  if (instruction.kind === 'copy') return lowerCopy(state, instruction, step, context)
  if (instruction.kind === 'workdir') return lowerWorkdir(state, instruction, step, context)
  if (instruction.kind === 'env') return lowerEnv(state, instruction, context)
  if (instruction.kind === 'arg') return lowerArg(state, instruction, context)
  return lowerMetadata(state, instruction, context)
}
