import type { ContentStore } from '../content/contentStore.ts'
import type { ContentLeases } from '../content/lease.ts'
import { createBlobSource } from '../exporter/blobSource.ts'
import type { BuildResult, ExportProgress } from '../exporter/exporter.ts'
import type { ExporterDeps } from '../exporter/exporterDeps.ts'
import { createExporter } from '../exporter/exporterFactory.ts'
import { createLayerPacker } from '../exporter/layerPacker.ts'
import type { Executor } from '../executor/executor.ts'
import { InvalidValueError } from '../ground/errors.ts'
import type { Limit } from '../kit/limit.ts'
import type { LayerPresence, SessionRegistries } from '../ops/layerPresence.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import type { SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { Solver } from '../solver/solver.ts'
import { buildDockerfile } from './build.ts'
import type { ClientSessions } from './clientSessions.ts'
import type { SolveRequest } from './engine.ts'
import { parseFrontendAttributes, type FrontendAttributes } from './frontendAttributes.ts'
import { createImageResolver, type ResolveMode } from './imageResolver.ts'
import type { ImageStore } from './imageStore.ts'
import { runStep, deliveryContext, type Step } from './stepProgress.ts'

export interface SolveDeps {
  readonly sessions: ClientSessions
  readonly content: ContentStore
  readonly leases: ContentLeases
  readonly snapshots: SnapshotStore
  readonly images: ImageStore
  readonly registries: SessionRegistries
  readonly presence: LayerPresence
  readonly executor: Executor
  readonly solver: Solver
  readonly transfers: Limit
  readonly packing: Limit
}

/** As `Engine.solve`: builds, then lets each exporter take the result, one after the other. */
export async function solveRequest(deps: SolveDeps, request: SolveRequest, progress: ProgressSink, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const attributes = parseFrontendAttributes(request.attributes)
  checkEntitlements(attributes, request.entitlements)
  await using lease = await deps.leases.open(signal)
  const exporterDeps = exporterDepsOf(deps, request, progress, (digests) => lease.protect(digests, signal))
  const epoch = attributes.buildArgs.get('SOURCE_DATE_EPOCH')
  const exporters = request.exporters.map(({ type, attributes: given }, index) => {
    const options = epoch === undefined || given.has('source-date-epoch') ? given : new Map([...given, ['source-date-epoch', epoch] as const])
    return createExporter({ type, index, attributes: options }, exporterDeps)
  })
  const result = await build(deps, attributes, { request, progress }, signal)
  const response = new Map<string, string>()
  for (const exporter of exporters) {
    const told = await runStep(progress, exporter.name, (step) => exporter.export(result, exportProgress(step), signal))
    for (const [key, value] of told) response.set(key, value)
  }
  return response
}

interface BuildContext {
  readonly request: SolveRequest
  readonly progress: ProgressSink
}

function build(deps: SolveDeps, attributes: FrontendAttributes, { request: { sessionId }, progress }: BuildContext, signal: AbortSignal): Promise<BuildResult> {
  const { content, images, registries, sessions: files, executor, solver } = deps
  const sources = { content, images, registry: registries.registryFor(sessionId) }
  const resolver = createImageResolver(sources, resolveMode(attributes), (name, work) => runStep(progress, name, work))
  return buildDockerfile({ files, executor, solver, resolver }, { attributes, sessionId, progress }, signal)
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

/** What a build may do only where its user said so. */
function checkEntitlements({ networkMode }: FrontendAttributes, entitlements: readonly string[]): void {
  if (networkMode === 'host' && !entitlements.includes('network.host')) throw new InvalidValueError('granting entitlement network.host is not allowed by the build', { hint: 'add --allow network.host' })
}

function exporterDepsOf(deps: SolveDeps, { sessionId }: SolveRequest, progress: ProgressSink, protect: (digests: Iterable<Parameters<ContentStore['sizeBytes']>[0]>) => Promise<void>): ExporterDeps {
  const { content, snapshots, images, registries, sessions, presence, transfers, packing } = deps
  const registry = registries.registryFor(sessionId)
  const blobs = createBlobSource(content, registry)
  return {
    content,
    snapshots,
    packer: createLayerPacker({ snapshots, content, blobs, packing }),
    blobs,
    registry,
    uploads: transfers,
    images: {
      async tag(reference, root) {
        images.put(reference, root)
      },
    },
    client: sessions.clientFiles(sessionId),
    ensurePresent: (snapshot, signal) => runStep(progress, 'load layers', (step) => presence.ensurePresent(snapshot, deliveryContext(step, sessionId), signal)),
    protect,
  }
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
