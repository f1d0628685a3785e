import { availableParallelism, homedir } from 'node:os'
import { join } from 'node:path'
import type { ContentStore } from '../content/contentStore.ts'
import { openFileStore } from '../content/fileStore.ts'
import { createFileLeases, type ContentLease, type ContentLeases } from '../content/lease.ts'
import { createPackedBlocks } from '../content/packedBlocks.ts'
import { fullStoreErrorOf, storeErrorOf } from '../content/storeError.ts'
import { createCrunExecutor } from '../executor/crunExecutor.ts'
import { CDI_FOLDERS, createCdiDevices, type CdiDevices } from '../executor/cdi/cdiDevices.ts'
import type { Executor } from '../executor/executor.ts'
import { debugStep } from './debug/debugStep.ts'
import { createAuditStore, type AuditStore } from './audit/auditStore.ts'
import { createBaselineStore, type BaselineStore } from './audit/baselineStore.ts'
import { watchUnpackedFacts } from './audit/unpackedFacts.ts'
import { createImportedLayers, type ImportedLayers } from './cache/importedLayers.ts'
import { createFailedStepStore, type FailedStepStore } from './debug/failedStepStore.ts'
import { openDatabase, type Database } from '../kit/database.ts'
import { createHttpClient, proxyFrom } from '../kit/http.ts'
import { createLimit } from '../kit/limit.ts'
import { mountMemory } from '../kit/files/memoryFolder.ts'
import { createTempFolder, sweepTempFolders } from '../kit/files/tempFolder.ts'
import { createFileMirrors } from '../ops/context/contextMirror.ts'
import { createLayerPresence } from '../ops/layerPresence.ts'
import { createOps, type OpsDeps } from '../ops/ops.ts'
import { createGitMirrors } from '../ops/remote/git/gitMirrors.ts'
import { createGitProgram } from '../ops/remote/git/gitProgram.ts'
import { createGitSources } from '../ops/remote/git/gitSource.ts'
import { createHttpFiles } from '../ops/remote/httpFiles.ts'
import { createHttpRecords } from '../ops/remote/httpRecords.ts'
import { toSnapshot } from '../ops/snapshotResult.ts'
import { readHostConfig } from '../registry/hostConfig.ts'
import { DEFAULT_RETRIES } from '../registry/registryClient.ts'
import { createCacheFolders, type CacheFolders } from '../snapshot/cacheFolders.ts'
import { createMadeCopies } from '../ops/files/madeCopies.ts'
import { createContentHasher } from '../snapshot/contentHash.ts'
import { openSnapshots, type SnapshotBackend } from '../snapshot/openSnapshots.ts'
import type { SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { OpResolver } from '../solver/op.ts'
import { createSolver, type Solver } from '../solver/solver.ts'
import { readDisk } from './store/readDisk.ts'
import { resolveRules, toPrune } from './store/gcRule.ts'
import { withRegistries } from './config/registrySettings.ts'
import { checkEntitlements } from './config/entitlements.ts'
import type { EngineConfig } from './config/engineConfig.ts'
import { platformCalls } from './platformSupport.ts'
import { measureUsage, pruneCache, type PruneStores } from './store/cachePrune.ts'
import type { ClientSessions } from './clientSessions.ts'
import type { Engine } from './engine.ts'
import { createBuildHistory } from './history/buildHistory.ts'
import { createBuildRecordStore } from './history/buildRecordStore.ts'
import { createGarbageCollector, type GarbageCollector } from './store/garbageCollector.ts'
import { createIdleWork } from './store/idleWork.ts'
import { createImageFiles, listImages, readImageDocument } from './images/imageFiles.ts'
import { createImageStore } from './images/imageStore.ts'
import { loadArchive, pullToStore, pushFromStore, saveArchive, type TransferDeps } from './images/imageTransfer.ts'
import { runImage, type RunDeps } from './run/runImage.ts'
import { createCachePlaces } from './cachePlaces.ts'
import { openClientContainer } from './containers/openClientContainer.ts'
import { createSourceLookups } from './sources/createSourceLookups.ts'
import { createSessionRegistries } from './sessionRegistries.ts'
import { tellFullStore } from './store/storeFaults.ts'
import { solveRequest, type SolveDeps } from './build/solve.ts'
import { createPlanParts } from './plan/planParts.ts'
import { createSqliteCacheStore } from './store/sqliteCacheStore.ts'
import { describeWorker } from './worker.ts'
import { createStepTimeStore, type StepTimeStore } from './store/stepTimeStore.ts'

export interface EngineOptions {
  /** Folder of the store; made where there is none. */
  readonly root: string
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly sessions: ClientSessions
  readonly config: EngineConfig
}

/** Blobs in flight, of all pulls and pushes together. */
const TRANSFERS = 6

/**
 * Opens the store and what works on it. Disposing waits for nothing: end its calls first.
 * @throws StoreFullError; StoreUnwritableError
 */
export async function createEngine(options: EngineOptions, signal: AbortSignal): Promise<Engine> {
  try {
    return await openEngine(options, signal)
  } catch (error) {
    throw storeErrorOf(error, options.root)
  }
}

async function openEngine(options: EngineOptions, signal: AbortSignal): Promise<Engine> {
  const { root, version, env, sessions, config } = options
  await using undo = new AsyncDisposableStack()
  const { content, database, snapshots, caches, failedSteps, stepTimes, backend, leases, use } = await openStore(options, undo, signal)
  const { executor, devices, socketFolder } = await openExecutor(options, undo)
  const worker = describeWorker({ config, executor, snapshotter: backend.kind })
  const images = createImageStore(database)
  const registries = undo.use(createSessionRegistries({ sessions, version, env, hosts: withRegistries(await readHostConfig(env), config.registries) }))
  const [transfers, audits] = [createLimit(TRANSFERS), createAuditStores(database)]
  const presence = createLayerPresence({ snapshots, content, registries, downloads: transfers, watchUnpacking: watchUnpackedFacts({ snapshots, store: audits.records }), now: Date.now })
  const hasher = createContentHasher(snapshots, database)
  const http = undo.use(createHttpClient({ userAgent: `pelago/${version} (linux; ${process.arch})`, connectionsPerOrigin: TRANSFERS, proxy: proxyFrom(env) }))
  const httpFiles = createHttpFiles({ snapshots, records: createHttpRecords(database), hasher, secrets: sessions, uploads: sessions, http, retries: DEFAULT_RETRIES, now: Date.now })
  const gitSources = createGitSources({ snapshots, git: createGitProgram(env), secrets: sessions, agents: sessions, socketFolder, folder: join(root, 'git'), now: Date.now })
  const opsDeps: OpsDeps = {
    httpFiles,
    gitSources,
    snapshots, content, registries, loneBlobs: registries.loneBlobs, layouts: sessions,
    presence,
    hasher, madeCopies: createMadeCopies(database),
    caches,
    devices,
    secrets: sessions,
    agents: sessions,
    socketFolder,
    executor, failedSteps, stepTimes,
    limits: stepLimits(config),
    images: createImageFiles(content),
    files: sessions,
    mirrors: createFileMirrors(join(root, 'contexts')),
    now: Date.now,
  }
  const cachePlaces = undo.use(createCachePlaces({ version, env, home: env['HOME'] ?? homedir() }))
  const importedLayers = createImportedLayers({ database, snapshots, content, registries })
  const { solver, plans } = createSolvers(opsDeps, { database, root, importedLayers })
  const solveDeps: SolveDeps = { worker, sessions, content, snapshots, caches, devices, images, registries, presence, executor, solver, plans: { ...plans, stepTimes }, transfers, packing: createLimit(2), packedBlocks: createPackedBlocks(database, content), auditStore: audits.records, auditBaselines: audits.baselines, importedLayers, openCachePlace: cachePlaces.open, frontendRepositories: config.frontendRepositories, attest: { provenance: { executor, git: gitSources, http: httpFiles, version, now: Date.now } } }
  const runDeps: RunDeps = { executor, snapshots, presence, content, images, registries }
  const builds = createBuildRecordStore(database, Date.now, config.history)
  const stores: PruneStores = { builds, content, leases, snapshots, caches, stepTimes, audits, mirrors: createGitMirrors(join(root, 'git')), images, freeBytes: async () => (await readDisk(root)).freeBytes }
  const { gcRules, collector } = await openCollector(stores, options, undo)
  const held = undo.move()
  return {
    id: worker.id,
    worker, version, root,
    snapshotter: backend.kind,
    blobs: content,
    ...platformCalls(executor),
    ...imageCalls({ content, leases, images, registries, transfers }, use),
    sources: createSourceLookups({ content, snapshots, images, executor, registries, sessions, git: gitSources, http: httpFiles }),
    gcRules,
    ...buildCalls({ solveDeps, runDeps, config, collector }, use),
    openClientContainer: (request, asker, inner) => use(() => openClientContainer(opsDeps, request, asker, inner), inner),
    history: createBuildHistory({ records: builds, content, leases, now: Date.now }),
    failedSteps: () => failedSteps.list(),
    openDebug: (request, progress, inner) => use(() => debugStep({ ...opsDeps, failedStepStore: failedSteps }, request, progress, inner), inner),
    usage: (filter, inner) => measureUsage(stores, filter, inner),
    prune: (prune, inner) => pruneCache(stores, prune, inner),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

interface Solvers {
  readonly solver: Solver
  readonly plans: Omit<SolveDeps['plans'], 'stepTimes'>
}

/** What solves, and what tells what a solve would do. */
function createSolvers(opsDeps: OpsDeps, { database, root, importedLayers }: { readonly database: Database; readonly root: string; readonly importedLayers: ImportedLayers }): Solvers {
  const { snapshots, images } = opsDeps
  const opFor = tellFullStore(createOps(opsDeps), root)
  const cache = createSqliteCacheStore(database)
  const resolver: OpResolver = {
    opFor,
    isPresent: (result) => isPresent(snapshots, result),
    obtain: (result, { sessionId }, signal) => importedLayers.isReachable(result, sessionId, signal),
    forgetLost: (result, error) => importedLayers.forgetLost(result, error),
  }
  const solver = createSolver({ resolver, cache, now: Date.now })
  return { solver, plans: { ...createPlanParts({ opFor, cache, snapshots }), imageFiles: images } }
}

function createAuditStores(database: Database): { readonly records: AuditStore; readonly baselines: BaselineStore; readonly forget: () => void } {
  const [records, baselines] = [createAuditStore(database), createBaselineStore(database)]
  return {
    records,
    baselines,
    forget() {
      records.forget()
      baselines.forget()
    },
  }
}

async function openCollector(stores: PruneStores, { config, root }: EngineOptions, undo: AsyncDisposableStack): Promise<Pick<Engine, 'gcRules'> & { readonly collector: GarbageCollector }> {
  const gcRules = resolveRules(config.gcPolicies, await readDisk(root))
  const collector = undo.use(createGarbageCollector({ rules: gcRules.map(toPrune), prune: (rule, signal) => pruneCache(stores, rule, signal), now: Date.now }))
  return { gcRules, collector }
}

/** One limit for both where the operator sets one. */
function stepLimits({ maxParallelism }: EngineConfig): OpsDeps['limits'] {
  if (maxParallelism === undefined) return { native: createLimit(availableParallelism()), emulated: createLimit(availableParallelism()) }
  const limit = createLimit(maxParallelism)
  return { native: limit, emulated: limit }
}

interface BuildParts {
  readonly solveDeps: SolveDeps
  readonly runDeps: RunDeps
  readonly config: EngineConfig
  readonly collector: GarbageCollector
}

function buildCalls({ solveDeps, runDeps, config, collector }: BuildParts, use: Store['use']): Pick<Engine, 'solve' | 'openContainer'> {
  return {
    async solve(request, steer, progress, signal) {
      checkEntitlements(request.entitlements, config)
      try {
        return await use((lease) => solveRequest(solveDeps, { request, lease, steer, progress }, signal), signal)
      } finally {
        collector.afterBuild()
      }
    },
    async openContainer(request, progress, signal) {
      checkEntitlements([...(request.isPrivileged ? ['security.insecure'] : []), ...(request.network === 'host' ? ['network.host'] : [])], config)
      return await use(() => runImage(runDeps, request, progress, signal), signal)
    },
  }
}

function imageCalls(deps: TransferDeps, use: Store['use']): Pick<Engine, 'images' | 'listImages' | 'readImage' | 'pull' | 'push' | 'load' | 'save'> {
  return {
    images: deps.images,
    listImages: (only, signal) => listImages(deps, only, signal),
    readImage: (reference, digest, signal) => readImageDocument(deps, reference, digest, signal),
    pull: (request, progress, signal) => use(() => pullToStore(deps, request, progress, signal), signal),
    push: (request, progress, signal) => use(() => pushFromStore(deps, request, progress, signal), signal),
    load: (tar, name, signal) => use(() => loadArchive(deps, tar, name, signal), signal),
    save: (references, signal) => saveArchive(deps, references, signal),
  }
}

interface StepParts {
  readonly executor: Executor
  readonly devices: CdiDevices
  /** For the sockets of steps. */
  readonly socketFolder: string
}

/** What steps leave while they run is in memory. */
async function openExecutor({ root, env, config }: EngineOptions, undo: AsyncDisposableStack): Promise<StepParts> {
  const runFolder = join(root, 'run')
  const stateFolder = undo.use(createTempFolder(runFolder)).path
  const memory = undo.use(mountMemory(stateFolder))
  await sweepTempFolders(runFolder)
  const executor = await createCrunExecutor({ stateFolder, isStatePrivate: memory.isInMemory, cacheFolder: root, environment: env, dns: config.dns })
  const folders = config.cdiFolders ?? env['PELAGO_CDI']?.split(':') // the variable is for tests, and for specs that stand elsewhere
  return { executor, devices: createCdiDevices(folders ?? CDI_FOLDERS), socketFolder: join(stateFolder, 'agents') }
}

interface Store {
  readonly content: ContentStore
  readonly database: Database
  readonly snapshots: SnapshotStore
  readonly caches: CacheFolders
  readonly failedSteps: FailedStepStore
  readonly stepTimes: StepTimeStore
  readonly backend: SnapshotBackend
  readonly leases: ContentLeases
  /** What `work` uses is not pruned meanwhile; what it made is synced when nobody is at work any more. @throws StoreFullError */
  readonly use: <T>(work: (lease: ContentLease) => Promise<T>, signal: AbortSignal) => Promise<T>
}

async function openStore({ root, env }: EngineOptions, undo: AsyncDisposableStack, signal: AbortSignal): Promise<Store> {
  const content = await openFileStore({ folder: root, now: Date.now }, signal)
  const database = undo.use(openDatabase(join(root, 'state.db')))
  const { snapshots, backend, sync } = undo.use(await openSnapshots({ root, database, now: Date.now, backend: env['PELAGO_SNAPSHOTTER'] === 'copy' ? 'copy' : 'auto' }, signal))
  const idle = undo.use(createIdleWork(sync))
  const leases = createFileLeases(root)
  await leases.sweep(signal)
  const caches = createCacheFolders({ root, database, now: Date.now })
  await caches.sweep()
  const failedSteps = createFailedStepStore({ database, snapshots, now: Date.now })
  await failedSteps.sweep(signal)
  return {
    content,
    database,
    snapshots,
    caches,
    failedSteps,
    stepTimes: createStepTimeStore(database, Date.now),
    backend,
    leases,
    async use(work, inner) {
      using _busy = idle.enter()
      try {
        await using lease = await leases.open(inner)
        return await work(lease)
      } catch (error) {
        throw fullStoreErrorOf(error, root)
      }
    },
  }
}

/** A result that is found is in use from now on. */
function isPresent(snapshots: SnapshotStore, result: string): boolean {
  const id = toSnapshot(result)
  return id === undefined || snapshots.touch(id)
}
