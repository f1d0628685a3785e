import { cacheStoreId } from '../../exporter/cache/clientStore.ts'
import { parseDigest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatFamiliar, formatRepository, parseReference } from '../../ground/reference.ts'
import { createRegistryBlobs } from '../../registry/registryBlobs.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { OpenCachePlace } from '../../registry/cacheplace/cachePlace.ts'
import type { SessionRegistries } from '../../ops/layerPresence.ts'
import type { ClientSessions } from '../clientSessions.ts'
import type { CacheRequest } from '../engine.ts'
import { runStep } from '../stepProgress.ts'
import { readFolderCaches } from './folderImports.ts'
import { readFoundCaches, type FoundCache } from './foundCache.ts'
import { joinCaches, type CacheLayerPlace, type ImportedCaches, type PlacedCache } from './importCaches.ts'
import { hasBlob, type ImportedLayers } from './importedLayers.ts'
import { readPlacedCaches, type PlaceImportDeps } from './placeImports.ts'

export interface ImportDeps extends PlaceImportDeps {
  readonly openCachePlace: OpenCachePlace
  readonly registries: SessionRegistries
  readonly importedLayers: ImportedLayers
  readonly sessions: Pick<ClientSessions, 'clientStore'>
}

export interface ImportContext {
  readonly sessionId: string
  readonly progress: ProgressSink
  /** Ends with the solve. */
  readonly held: AsyncDisposableStack
}

/** A cache to look into, its attributes read. */
interface Source {
  /** As BuildKit calls the step. */
  readonly title: string
  open(signal: AbortSignal): Promise<readonly PlacedCache[]>
}

/**
 * What the named caches know; only their configs are read for it. One that cannot be had is told in a warning, and the
 * build does without. @throws InvalidValueError where an attribute is wrong
 */
export async function openImports(requests: readonly CacheRequest[], deps: ImportDeps, context: ImportContext, signal: AbortSignal): Promise<ImportedCaches | undefined> {
  if (requests.length === 0) return undefined
  const sources = requests.map((request) => createSource(request, deps, context))
  const opened = await Promise.all(sources.map((source) => openSource(source, context.progress, signal)))
  return joinCaches(opened.flat(), deps.importedLayers)
}

async function openSource(source: Source, progress: ProgressSink, signal: AbortSignal): Promise<readonly PlacedCache[]> {
  try {
    return await runStep(progress, source.title, () => source.open(signal))
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    progress({ kind: 'warning', vertex: undefined, at: Date.now(), message: `${source.title} failed, so the build goes without: ${reason}`, detail: [], url: undefined, span: undefined })
    return []
  }
}

function createSource(request: CacheRequest, deps: ImportDeps, context: ImportContext): Source {
  switch (request.type) {
    case 'registry':
      return createRegistrySource(request, deps, context)
    case 'local':
      return createFolderSource(request, deps, context)
    case 'gha':
    case 's3':
      return createPlaceSource(request, deps, context)
    default:
      throw new InvalidValueError(`unknown cache importer: ${JSON.stringify(request.type)}`, { hint: 'use type=registry, local, gha or s3' })
  }
}

function createRegistrySource({ attributes }: CacheRequest, deps: ImportDeps, { sessionId }: ImportContext): Source {
  const reference = parseReference(requiredAttribute(attributes, 'ref'))
  const registry = deps.registries.registryFor(sessionId)
  const repository = formatRepository(reference)
  return {
    title: `importing cache manifest from ${formatFamiliar(reference)}`,
    async open(signal) {
      const root = await registry.resolve(reference, signal)
      return placed(await readFoundCaches(createRegistryBlobs(registry, reference, root), root, signal), registryPlace(repository, deps))
    },
  }
}

/** Which cache of the folder is meant the client has found out. */
function createFolderSource({ attributes }: CacheRequest, deps: ImportDeps, { sessionId }: ImportContext): Source {
  const folder = requiredAttribute(attributes, 'src')
  const digest = parseDigest(requiredAttribute(attributes, 'digest'))
  const store = deps.sessions.clientStore(sessionId, cacheStoreId(folder))
  return { title: `importing cache manifest from local:${folder}`, open: (signal) => readFolderCaches(store, digest, deps, signal) }
}

function createPlaceSource({ type, attributes }: CacheRequest, deps: ImportDeps, { held }: ImportContext): Source {
  const place = held.use(deps.openCachePlace(type, attributes))
  return { title: `importing cache manifest from ${place.name}`, open: (signal) => readPlacedCaches(place, deps, signal) }
}

function placed(caches: readonly FoundCache[], place: CacheLayerPlace): readonly PlacedCache[] {
  return caches.map((cache) => ({ ...cache, place }))
}

/** They stay there until somebody needs their files. */
function registryPlace(repository: string, { content, registries, snapshots }: ImportDeps): CacheLayerPlace {
  return {
    repository,
    blobs: undefined,
    async ensure(layers, { sessionId }, signal) {
      const missing = layers.filter(({ snapshot }) => snapshots.get(snapshot)?.state !== 'present')
      const found = await Promise.all(missing.map(({ blob }) => hasBlob({ digest: blob.descriptor.digest, repository }, { content, registries, sessionId }, signal)))
      return found.every((isFound) => isFound)
    },
  }
}

/** @throws InvalidValueError */
function requiredAttribute(attributes: ReadonlyMap<string, string>, key: string): string {
  const value = attributes.get(key) ?? ''
  if (value === '') throw new InvalidValueError(`a cache to import has no ${key}`, { hint: `add ${key}=…` })
  return value
}
