import type { ContentStore } from '../../content/contentStore.ts'
import { refuseForeignFrontend } from '../../dockerfile/frontendImage.ts'
import type { SubrequestAnswer } from '../../dockerfile/subrequests/subrequest.ts'
import type { RunMode } from '../../executor/executor.ts'
import { mergeGraphs } from '../../graph/graphBuilder.ts'
import type { Graph } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { layerSnapshots, type ImageSourceFiles } from '../../ops/imageSource.ts'
import type { OpResolver } from '../../solver/op.ts'
import type { Probe } from '../../solver/probe/probe.ts'
import { VertexFailedError } from '../../solver/vertexFailedError.ts'
import type { BuildDeps } from '../build/buildDeps.ts'
import { dateText, hostPlatform, lowerForPlatforms, type BuildOptions, type UndatedText } from '../build/build.ts'
import { withoutShown } from '../build/fetchContext.ts'
import { explainMissing } from '../build/missingSource.ts'
import { runModeOf } from '../build/runModeOf.ts'
import { findStepErrors } from '../build/stepChecks.ts'
import type { StepTimeStore } from '../store/stepTimeStore.ts'
import type { BuildPlan } from './buildPlan.ts'
import { tellableGraph } from './blockedVertices.ts'
import { openContextView } from './contextView.ts'
import { expectTimes, knownSavings } from './expectTimes.ts'
import { forgive, type ForgivingResolver } from './forgivingResolver.ts'
import type { PlanFacts, PlanTarget } from './planFacts.ts'
import { planAccelerate } from './planAccelerate.ts'
import { planEdits } from './planEdits.ts'
import { planImages, type KnownLayer } from './planImages.ts'
import { imageProblems, stepProblems } from './planProblems.ts'
import { planStages, stateOf } from './planStages.ts'
import { planTime } from './planTime.ts'

/** What a plan needs of the engine. */
export interface PlanDeps extends BuildDeps {
  readonly probe: Probe
  readonly opFor: OpResolver['opFor']
  readonly content: Pick<ContentStore, 'sizeBytes'>
  readonly imageFiles: ImageSourceFiles
  readonly stepTimes: Pick<StepTimeStore, 'find'>
}

/** Tells what a build would do. Of what a build does, the Dockerfile, the images' configs and the context are read, and nothing more. */
export async function answerPlan(deps: PlanDeps, undated: UndatedText, options: BuildOptions, signal: AbortSignal): Promise<SubrequestAnswer> {
  const plan = await makePlan(deps, undated, options, signal)
  return new Map([
    ['result.json', JSON.stringify(plan, undefined, 2)],
    ['result.statuscode', plan.problems.length > 0 ? '1' : '0'],
    ['version', '1.0.0'],
  ])
}

async function makePlan(deps: PlanDeps, undated: UndatedText, options: BuildOptions, signal: AbortSignal): Promise<BuildPlan> {
  refuseForeignFrontend(undated.source, options.attributes.buildArgs)
  const text = await dateText(deps, undated, options, signal)
  const resolver = forgive(deps.resolver)
  const lowered = await lowerForPlatforms(text, { ...deps, resolver }, options, signal)
  for (const { lowered: { lintError } } of lowered) if (lintError !== undefined) throw lintError
  const targets = lowered.map((target): PlanTarget => ({ ...target, isBlocked: imageProblems([target], resolver).length > 0 }))
  const waiter = { sessionId: options.sessionId, progress: withoutShown(options.progress, text.shown) }
  const { graph, roots } = tellableGraph(targets, resolver)
  const prospects = await deps.probe.probe(graph, roots, waiter, signal)
  const whole = mergeGraphs(targets.map((target) => target.lowered.graph))
  const modeOf = (platform: Platform): RunMode | undefined => runModeOf(deps.executor, platform)
  const expectedMs = await expectTimes(whole, { stepTimes: deps.stepTimes, opFor: deps.opFor, modeOf }, signal)
  const facts: PlanFacts = { host: hostPlatform(deps.executor), targets, graph: whole, prospects, modeOf, expectedMs, savesMs: knownSavings(whole, { stepTimes: deps.stepTimes, modeOf }), accelerate: options.attributes.accelerate, output: options.attributes.plannedOutput }
  return assemble(facts, { deps, options, resolver }, signal)
}

interface Making {
  readonly deps: PlanDeps
  readonly options: BuildOptions
  readonly resolver: ForgivingResolver
}

async function assemble(facts: PlanFacts, { deps, options, resolver }: Making, signal: AbortSignal): Promise<BuildPlan> {
  const { graph, prospects, targets } = facts
  const failures = [...prospects].flatMap(([digest, prospect]) => {
    const vertex = graph.get(digest)
    return vertex === undefined || prospect.kind !== 'runs' || prospect.failure === undefined ? [] : [explainMissing(new VertexFailedError(vertex, prospect.failure), graph, deps.files)]
  })
  const errors = [...findStepErrors(graph, { ...deps, entitlements: options.entitlements }), ...failures.filter((error) => error instanceof VertexFailedError)]
  const problems = [...imageProblems(targets, resolver), ...stepProblems(errors, facts)]
  const layers = await findLayers(facts, deps, signal)
  return {
    version: 1,
    buildPlatform: formatPlatform(facts.host),
    platforms: targets.map(({ platform }) => formatPlatform(platform)),
    problems,
    stages: planStages(facts),
    images: planImages(facts, (image) => resolver.faultOf(image) === undefined, layers),
    time: planTime(facts),
    accelerate: planAccelerate(facts),
    edits: planEdits(facts, await openContextView(graph, options.attributes.contextFolder, deps.files, signal)),
    vertices: [...graph.values()].map(({ digest, note }) => ({ digest, name: note.name, state: stateOf(digest, facts) })),
  }
}

/** The layers of all images of a graph, by the manifest's digest. */
async function findLayers({ targets, graph }: Pick<PlanFacts, 'targets' | 'graph'>, deps: PlanDeps, signal: AbortSignal): Promise<ReadonlyMap<Digest, readonly KnownLayer[]>> {
  const found = new Map<Digest, readonly KnownLayer[]>()
  const manifests = new Set([...imagesOf(graph), ...targets.filter(({ isBlocked }) => !isBlocked).flatMap(({ lowered }) => lowered.subject.images.map((image) => image.found.manifest))])
  for (const manifest of manifests) found.set(manifest, await layersOf(manifest, deps, signal))
  return found
}

function imagesOf(graph: Graph): readonly Digest[] {
  return [...graph.values()].flatMap(({ op }) => (op.kind === 'source' && op.source.kind === 'image' ? [op.source.manifest] : []))
}

async function layersOf(manifestDigest: Digest, { imageFiles, content, snapshots }: PlanDeps, signal: AbortSignal): Promise<readonly KnownLayer[]> {
  const { manifest, config } = await imageFiles.readImage(manifestDigest, signal)
  const ids = layerSnapshots(config.diffIds)
  return await Promise.all(
    manifest.layers.map(async (descriptor, index) => {
      const id = ids[index]
      const isUnpacked = id !== undefined && snapshots.get(id)?.state === 'present'
      return { descriptor, isHere: isUnpacked || (await content.sizeBytes(descriptor.digest, signal)) !== undefined }
    }),
  )
}
