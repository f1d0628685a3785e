import type { ContentStore } from '../content/contentStore.ts'
import type { Digest } from '../ground/digest.ts'
import type { Limit } from '../kit/limit.ts'
import type { Vertex } from '../graph/vertex.ts'
import { createSingleFlight } from '../kit/singleFlight.ts'
import type { VertexProgress } from '../progress/progressEvent.ts'
import { fetchBlob } from '../registry/pull.ts'
import { parseRepository, type Registry } from '../registry/registry.ts'
import { SnapshotNotFoundError, type LayerBlob, type Snapshot, type SnapshotId, type SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { OpContext } from '../solver/op.ts'
import { unpackBlob, type WatchUnpacking } from './unpackBlob.ts'

/** Registries as the client of a session sees them, with its credentials; `engine` fills it in. */
export interface SessionRegistries {
  registryFor(sessionId: string): Registry
}

/** For whom layers are brought: where progress is shown, and whose credentials are used. Every OpContext is one. */
export interface DeliveryContext extends Pick<OpContext, 'progress' | 'sessionId'> {
  readonly vertex: Pick<Vertex, 'digest'>
}

export interface LayerPresence {
  /**
   * Brings the files of `id` and of all snapshots under it: blobs are downloaded several at once, and unpacked from the
   * lowest up while others still come. Each layer is brought once, whoever asks, and a broken download goes on where it
   * broke. Does nothing where all is here.
   */
  ensurePresent(id: SnapshotId | undefined, context: DeliveryContext, signal: AbortSignal): Promise<void>
}

export interface LayerPresenceDeps {
  readonly snapshots: SnapshotStore
  readonly content: ContentStore
  readonly registries: SessionRegistries
  readonly downloads: Limit
  readonly watchUnpacking: WatchUnpacking
  readonly now: () => number
}

/** A progress line changes no more often than an eye can follow. */
const PROGRESS_INTERVAL_MS = 100

/** What brings one layer works with. */
interface Delivery {
  readonly snapshot: Snapshot
  readonly context: DeliveryContext
}

export function createLayerPresence({ snapshots, content, registries, downloads, watchUnpacking, now }: LayerPresenceDeps): LayerPresence {
  const unpackings = createSingleFlight<SnapshotId, undefined>()
  const arrivals = createSingleFlight<Digest, undefined>()

  function bring(delivery: Delivery, below: Promise<undefined>, signal: AbortSignal): Promise<undefined> {
    const { id, origin } = delivery.snapshot
    const work = async (shared: AbortSignal): Promise<undefined> => {
      if (origin !== undefined && !isOfImage(id)) {
        await below
        await snapshots.materialize(id, shared)
        return undefined
      }
      const blob = await locate(id, shared)
      await ensureBlob(blob, delivery.context, shared)
      await below
      await unpack(id, blob, delivery.context, shared)
      return undefined
    }
    return unpackings.run(id, work, signal)
  }

  /** A layer of an image is unpacked anew wherever it is grafted: a removal that had nothing to remove is in its blob alone. */
  function isOfImage(id: SnapshotId): boolean {
    return snapshots.blobs(id).some(({ repository }) => repository !== undefined)
  }

  /** A blob that is here already, else one that can be fetched. */
  async function locate(id: SnapshotId, signal: AbortSignal): Promise<LayerBlob> {
    const blobs = snapshots.blobs(id)
    for (const blob of blobs) {
      if ((await content.sizeBytes(blob.descriptor.digest, signal)) !== undefined) return blob
    }
    const remote = blobs.find(({ repository }) => repository !== undefined)
    if (remote === undefined) throw new SnapshotNotFoundError(id)
    return remote
  }

  async function ensureBlob(blob: LayerBlob, context: DeliveryContext, signal: AbortSignal): Promise<void> {
    const { digest } = blob.descriptor
    if ((await content.sizeBytes(digest, signal)) !== undefined) return
    await arrivals.run(digest, (shared) => downloads.run(() => download(blob, context, shared), shared), signal)
  }

  async function download({ descriptor, repository }: LayerBlob, context: DeliveryContext, signal: AbortSignal): Promise<undefined> {
    const report = createProgressReport(context, { id: descriptor.digest, action: '', totalBytes: descriptor.sizeBytes }, now)
    const ends = { registry: registries.registryFor(context.sessionId), store: content }
    await fetchBlob(ends, parseRepository(repository ?? ''), { descriptor, onProgress: ({ currentBytes, state }) => report(currentBytes, state) }, signal)
    report(descriptor.sizeBytes, 'done')
    return undefined
  }

  async function unpack(id: SnapshotId, { descriptor }: LayerBlob, context: DeliveryContext, signal: AbortSignal): Promise<void> {
    if (snapshots.get(id)?.state === 'present') return
    const report = createProgressReport(context, { id: `extracting ${descriptor.digest}`, action: '', totalBytes: descriptor.sizeBytes }, now)
    report(0, 'running')
    await unpackBlob(id, descriptor.digest, { snapshots, content, watchUnpacking }, signal)
    report(descriptor.sizeBytes, 'done')
  }

  return {
    async ensurePresent(id, context, signal) {
      const missing = id === undefined ? [] : snapshots.chain(id).filter(({ state }) => state === 'lazy')
      if (missing.length > 0) await bringAll(missing, (snapshot, below, inner) => bring({ snapshot, context }, below, inner), signal)
    },
  }
}

type Bring = (snapshot: Snapshot, below: Promise<undefined>, signal: AbortSignal) => Promise<undefined>

/** A chain's layers at once, lowest first; each is told when the one below it is here. The first failure ends all. */
async function bringAll(missing: readonly Snapshot[], bring: Bring, signal: AbortSignal): Promise<void> {
  const failure = new AbortController()
  const inner = AbortSignal.any([signal, failure.signal])
  let below: Promise<undefined> = Promise.resolve(undefined)
  const layers = missing.map((snapshot) => (below = bring(snapshot, below, inner)))
  for (const layer of layers) layer.catch((error: unknown) => failure.abort(error))
  await Promise.allSettled(layers)
  inner.throwIfAborted()
}

type Report = (currentBytes: number, state: VertexProgress['state']) => void

/** Tells of a part of a vertex's work, not more often than an eye can follow. */
export function createProgressReport({ vertex, progress }: DeliveryContext, line: Pick<VertexProgress, 'id' | 'action' | 'totalBytes'>, now: () => number): Report {
  let toldAt = -Infinity
  return (currentBytes, state) => {
    const at = now()
    if (state === 'running' && at - toldAt < PROGRESS_INTERVAL_MS) return
    toldAt = at
    progress({ kind: 'vertex-progress', vertex: vertex.digest, at, ...line, currentBytes, state })
  }
}
