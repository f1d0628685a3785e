import { compileSourcePolicy } from '../../api/policy/sourcePolicy.ts'
import type { BlobReader, ContentStore } from '../../content/contentStore.ts'
import type { BuiltImage } from '../../dockerfile/lower/contexts/namedContext.ts'
import type { ContentLease } from '../../content/lease.ts'
import type { PackedBlocks } from '../../content/packedBlocks.ts'
import { createBlobSource } from '../../exporter/blobSource.ts'
import type { Exporter, ExportProgress } from '../../exporter/exporter.ts'
import type { ExporterDeps } from '../../exporter/exporterDeps.ts'
import type { CacheExporter, SolvedCache } from '../../exporter/cache/cacheExporter.ts'
import { createCacheExporters } from '../../exporter/cache/cacheExporterFactory.ts'
import { withInlineCache } from '../../exporter/cache/inlineCache.ts'
import { createExporter } from '../../exporter/exporterFactory.ts'
import { createLayerPacker } from '../../exporter/layerPacker.ts'
import type { CdiDevices } from '../../executor/cdi/cdiDevices.ts'
import type { Executor } from '../../executor/executor.ts'
import type { WorkerTraits } from '../../api/llb/workerFilter.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Limit } from '../../kit/limit.ts'
import type { LayerPresence, SessionRegistries } from '../../ops/layerPresence.ts'
import type { OpenCachePlace } from '../../registry/cacheplace/cachePlace.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { CacheFolders } from '../../snapshot/cacheFolders.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { Solver } from '../../solver/solver.ts'
import type { Waiter } from '../../solver/vertexStory.ts'
import { answerSubrequest } from './answerSubrequest.ts'
import type { PlanDeps } from '../plan/answerPlan.ts'
import { buildDefinition, buildResult, type DefinitionDeps } from '../llb/buildDefinition.ts'
import { createImageFinder } from '../llb/imageFinder.ts'
import { resolveInputs } from '../llb/resolveInputs.ts'
import { buildDockerfile, type BuildOptions } from './build.ts'
import { chooseFrontend } from '../frontend/chooseFrontend.ts'
import { FrontendFailedError } from '../frontend/frontendFailedError.ts'
import { runFrontend } from '../frontend/runFrontend.ts'
import type { ClientSessions } from '../clientSessions.ts'
import type { EngineConfig } from '../config/engineConfig.ts'
import type { Answer, AuditOrder, BuildSubject, Built, ExporterRequest, FrontendRequest, SolveRequest, Steer } from '../engine.ts'
import type { AttestDeps } from '../attestation/attestResult.ts'
import type { AuditStore } from '../audit/auditStore.ts'
import type { BaselineStore } from '../audit/baselineStore.ts'
import { createBuildAudit, type BuildAudit } from '../audit/buildAudit.ts'
import { createLayerFactsSource } from '../audit/layerFactsSource.ts'
import { createLayerReading } from '../audit/layerReading.ts'
import { distinctCaches } from '../cache/cacheRequests.ts'
import type { ImportedLayers } from '../cache/importedLayers.ts'
import { openImports } from '../cache/openImports.ts'
import { checkKnownAttributes, parseFrontendAttributes, parseResultAttributes, type FrontendAttributes } from './frontendAttributes.ts'
import { createImageResolver, type ResolveMode } from '../images/imageResolver.ts'
import type { ImageStore } from '../images/imageStore.ts'
import { checkFolder, judgeSources, withSourcePolicy } from '../policy/policedSources.ts'
import { withLayoutImages } from '../images/layoutImages.ts'
import { showPauses } from '../registryPauses.ts'
import { runStep, deliveryContext, type Step } from '../stepProgress.ts'

export interface SolveDeps {
  readonly worker: WorkerTraits
  readonly sessions: ClientSessions
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  readonly caches: CacheFolders
  readonly devices: CdiDevices
  readonly images: ImageStore
  readonly registries: SessionRegistries
  readonly presence: LayerPresence
  readonly executor: Executor
  readonly solver: Solver
  /** What tells what a build would do. */
  readonly plans: Pick<PlanDeps, 'probe' | 'opFor' | 'imageFiles' | 'stepTimes'>
  readonly transfers: Limit
  readonly packing: Limit
  readonly packedBlocks: PackedBlocks
  readonly auditStore: AuditStore
  readonly auditBaselines: BaselineStore
  readonly attest: Pick<AttestDeps, 'provenance'>
  readonly importedLayers: ImportedLayers
  readonly openCachePlace: OpenCachePlace
  /** As of the engine's config. */
  readonly frontendRepositories: EngineConfig['frontendRepositories']
}

export interface Solve {
  readonly request: SolveRequest
  /** Open until the solve is over. */
  readonly lease: ContentLease
  readonly steer: Steer
  readonly progress: ProgressSink
}

/** As `Engine.solve`: builds, then lets each exporter take the result, one after the other. */
export async function solveRequest(deps: SolveDeps, { request, lease, steer, progress }: Solve, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  using _pauses = showPauses(deps.registries.registryFor(request.sessionId), progress)
  const protect = (digests: Iterable<Digest>): Promise<void> => lease.protect(digests, signal)
  await using held = new AsyncDisposableStack()
  const partsFor = (order: AuditOrder, found?: BlobReader): ExportParts => exportPartsOf(deps, { request, progress, protect, found }, order)
  const early = partsFor(NO_AUDIT).exporterDeps
  createExporters(request.exporters, undefined, early) // so that a mistake is told before the build begins
  createCacheExporters(request.cacheExports, early)
  const built = await steer((asked, inner) => build(deps, asked, { request, progress, held, depth: 0 }, inner), signal)
  const response = new Map<string, string>()
  if (built === undefined) return response
  if (built.kind === 'answer') return built.metadata
  const { exporterDeps, audit } = partsFor(built.audit, built.foreignBlobs)
  const evaluated = await built.evaluate(signal)
  const isInline = request.cacheExports.some(({ type }) => type === 'inline')
  const result = isInline ? withInlineCache(evaluated, await built.evaluateCache(signal), deps.snapshots) : evaluated
  if (request.exporters.length === 0) await audit.approve(result, signal)
  for (const exporter of createExporters(request.exporters, built.epochSeconds, exporterDeps)) {
    const told = await runStep(progress, exporter.name, (step) => exporter.export(result, exportProgress(step), signal))
    for (const [key, value] of told) response.set(key, value)
  }
  for (const exporter of createCacheExporters(request.cacheExports, exporterDeps)) {
    for (const [key, value] of await exportCache(exporter, await built.evaluateCache(signal), progress, signal)) response.set(key, value)
  }
  request.onThrough(await built.provenance(signal))
  const found = audit.response()
  if (found !== undefined) response.set('audit', found)
  return response
}

const NO_AUDIT: AuditOrder = { mode: 'off', origins: [] }

function createExporters(requests: readonly ExporterRequest[], epochSeconds: number | undefined, deps: ExporterDeps): readonly Exporter[] {
  return requests.map(({ type, attributes: given }, index) => {
    const attributes = epochSeconds === undefined || given.has('source-date-epoch') ? given : new Map([...given, ['source-date-epoch', String(epochSeconds)] as const])
    return createExporter({ type, index, attributes }, deps)
  })
}

/** A failure that is to be ignored is told. */
async function exportCache(exporter: CacheExporter, solved: SolvedCache, progress: ProgressSink, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  try {
    return await runStep(progress, exporter.name, (step) => exporter.export(solved, exportProgress(step), signal))
  } catch (error) {
    if (signal.aborted || !exporter.ignoresErrors) throw error
    progress({ kind: 'warning', vertex: undefined, at: Date.now(), message: `${exporter.name} failed: ${error instanceof Error ? error.message : String(error)}`, detail: [], url: undefined, span: undefined })
    return new Map()
  }
}

interface BuildContext {
  readonly request: SolveRequest
  readonly progress: ProgressSink
  /** Ends with the solve. */
  readonly held: AsyncDisposableStack
  /** In how many frontends that are images it is. */
  readonly depth: number
}

/** Frontends that ask for frontends: more than anybody nests, and an end for one that asks for itself. */
const MAX_DEPTH = 8

async function build(deps: SolveDeps, asked: BuildSubject, context: BuildContext, signal: AbortSignal): Promise<Built | Answer> {
  const prepared = await prepareBuild(deps, asked, context)
  const { buildDeps, options } = prepared
  switch (asked.kind) {
    case 'frontend':
      return await buildByFrontend(prepared, asked, { deps, context }, signal)
    case 'definition':
      return await buildDefinition(buildDeps, asked, await withCaches(options, { deps, context }, signal), signal)
    case 'result':
      return await buildResult(buildDeps, asked, await withCaches(options, { deps, context }, signal), signal)
  }
}

interface PreparedBuild {
  readonly buildDeps: DefinitionDeps
  readonly options: BuildOptions
}

interface BuildPlace {
  readonly deps: SolveDeps
  readonly context: BuildContext
}

async function prepareBuild(deps: SolveDeps, asked: BuildSubject, { request: { ref, sessionId, sourcePolicies, entitlements, sessionEnded, cacheExports }, progress }: BuildContext): Promise<PreparedBuild> {
  const isForBuiltIn = asked.kind === 'frontend' && asked.image === undefined
  const attributes = isForBuiltIn ? parseFrontendAttributes(asked.attributes) : parseResultAttributes(asked.attributes)
  const { content, images, registries, sessions: files, snapshots, executor, solver, caches, devices } = deps
  const registry = registries.registryFor(sessionId)
  const sources = { content, images, registry }
  const attest: AttestDeps = { ...deps.attest, layers: createLayerReading({ snapshots, content, blobs: createBlobSource(content, registry) }) }
  const watch = <T>(name: string, work: () => Promise<T>): Promise<T> => runStep(progress, name, work)
  const policy = await compileSourcePolicy([...sourcePolicies, ...(asked.kind === 'result' ? [] : (asked.sourcePolicies ?? []))])
  const registered = createImageResolver(sources, resolveMode(attributes), watch)
  const resolver = withSourcePolicy(withLayoutImages(registered, { content, blobsOf: (store) => files.clientBlobs(sessionId, store), watch }), policy)
  const findImage = createImageFinder({ sources, policy, blobsOf: (session, store) => files.clientBlobs(session, store), watch, sessionId })
  if (isForBuiltIn && (attributes.remoteContext === undefined || attributes.hasOwnDockerfile)) checkFolder(attributes.dockerfileFolder, policy)
  return {
    buildDeps: { worker: deps.worker, files, snapshots, executor, solver, caches, devices, resolver, attest, findImage, presence: deps.presence },
    options: { attributes, ref, startedAtMs: Date.now(), sessionId, progress, entitlements, inputs: NO_INPUTS, sessionEnded, judgeSource: judgeSources(policy), imported: undefined, bring: undefined, isShared: cacheExports.length > 0 },
  }
}

const NO_INPUTS: ReadonlyMap<string, BuiltImage> = new Map()

async function buildByFrontend(prepared: PreparedBuild, asked: FrontendRequest, place: BuildPlace, signal: AbortSignal): Promise<Built | Answer> {
  const { deps: { plans, content }, context } = place
  const { buildDeps } = prepared
  const options = { ...prepared.options, inputs: await inputsOf(prepared, asked, signal) }
  const chosen = await chooseFrontend(buildDeps, asked, options, signal)
  if (chosen.kind === 'image') {
    if (context.depth === MAX_DEPTH) throw new FrontendFailedError(`more than ${MAX_DEPTH} frontends run one another`, { hint: 'a frontend that has a Dockerfile built hands on what it is asked, with the attribute cmdline', kind: 'usage' })
    const call = { ...context.request, request: chosen.request, progress: context.progress, build: (inner: BuildSubject, abort: AbortSignal) => build(place.deps, inner, { ...context, depth: context.depth + 1 }, abort) }
    const frontendDeps = { ...buildDeps, host: context.request.frontends, frontendRepositories: place.deps.frontendRepositories }
    return await runFrontend(frontendDeps, { image: chosen.image, call }, options, signal).catch((error: unknown) => Promise.reject(chosen.locate(error) as Error))
  }
  checkKnownAttributes(options.attributes)
  const { requestId } = options.attributes
  if (requestId !== undefined) return { kind: 'answer', metadata: await answerSubrequest({ ...buildDeps, ...plans, content }, { requestId, text: chosen.text }, options, signal) }
  return await buildDockerfile(buildDeps, chosen.text, await withCaches(options, place, signal), signal)
}

/** Of an image's own the one that its program comes from: what else it is given it reads itself. */
async function inputsOf({ buildDeps, options }: PreparedBuild, asked: FrontendRequest, signal: AbortSignal): Promise<BuildOptions['inputs']> {
  const used = new Set([...options.attributes.namedContexts.values()].flatMap((context) => (context.kind === 'input' ? [context.key] : [])))
  const inputs = asked.image === undefined ? asked.inputs : new Map([...asked.inputs].filter(([key]) => used.has(key)))
  return await resolveInputs(buildDeps, { ...asked, inputs }, options, signal)
}

/** With what other machines have built. */
async function withCaches(options: BuildOptions, { deps, context: { request: { cacheImports, exporters }, progress, held } }: BuildPlace, signal: AbortSignal): Promise<BuildOptions> {
  const { attributes, sessionId } = options
  const imported = await openImports(distinctCaches([...cacheImports, ...attributes.cacheImports]), deps, { sessionId, progress, held }, signal)
  const bring = exporters.some(({ type }) => type !== 'image') ? bringImported(deps, { sessionId, progress }) : undefined
  return { ...options, imported, bring }
}

/** What an output will read of other machines' layers is brought while their steps can still be run instead. */
function bringImported({ importedLayers, presence }: SolveDeps, { sessionId, progress }: { readonly sessionId: string; readonly progress: ProgressSink }): Waiter['bring'] {
  return async (results, signal) => {
    const pending = results.filter((result) => importedLayers.isPending(result))
    if (pending.length === 0) return
    await runStep(progress, 'load cached layers', async (step) => {
      for (const result of pending) await presence.ensurePresent(toSnapshot(result), deliveryContext(step, sessionId), signal)
    })
  }
}

function resolveMode({ imageResolveMode }: FrontendAttributes): ResolveMode {
  switch (imageResolveMode) {
    case 'default':
      return 'prefer-local'
    case 'pull':
      return 'registry'
    case 'local':
      return 'local'
  }
}

interface ExportParts {
  readonly exporterDeps: ExporterDeps
  readonly audit: BuildAudit
}

interface ExportContext extends Pick<BuildContext, 'request' | 'progress'> {
  /** Blobs of caches that are no registries. */
  readonly found: BlobReader | undefined
  readonly protect: (digests: Iterable<Digest>) => Promise<void>
}

function exportPartsOf(deps: SolveDeps, { request: { sessionId }, progress, protect, found }: ExportContext, order: AuditOrder): ExportParts {
  const { content, snapshots, images, registries, sessions, presence, transfers, packing, packedBlocks, auditStore: store, auditBaselines: baselines } = deps
  const registry = registries.registryFor(sessionId)
  const blobs = createBlobSource(content, registry, found)
  const facts = createLayerFactsSource({ snapshots, layers: createLayerReading({ snapshots, content, blobs }), store })
  const audit = createBuildAudit({ snapshots, store, baselines, facts, progress }, order)
  const exporterDeps: ExporterDeps = {
    content,
    snapshots,
    packer: createLayerPacker({ snapshots, content, blobs, packedBlocks, packing, watchLayer: order.mode === 'off' ? (_snapshot, tar) => tar : facts.watchLayer }),
    blobs,
    registry,
    openCachePlace: deps.openCachePlace,
    uploads: transfers,
    images: {
      async tag(reference, root) {
        images.put(reference, root)
      },
    },
    client: sessions.clientFiles(sessionId),
    openClientStore: (id) => sessions.clientStore(sessionId, id),
    ensurePresent: (snapshot, signal) => runStep(progress, 'load layers', (step) => presence.ensurePresent(snapshot, deliveryContext(step, sessionId), signal)),
    approve: audit.approve,
    protect,
  }
  return { exporterDeps, audit }
}

/** An exporter's parts are shown under its own vertex. */
function exportProgress({ report, sink }: Step): ExportProgress {
  return {
    sink,
    async step(name, work) {
      let reached = { currentBytes: 0, totalBytes: 0 }
      const tell = (isDone: boolean): void => report({ id: name, action: '', ...reached, isDone })
      tell(false)
      const result = await work((currentBytes, totalBytes) => {
        reached = { currentBytes, totalBytes }
        tell(false)
      })
      tell(true)
      return result
    },
  }
}
