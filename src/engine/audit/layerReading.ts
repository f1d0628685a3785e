import { decompress } from '../../archive/compression.ts'
import type { ContentStore } from '../../content/contentStore.ts'
import { verifiedBytes } from '../../content/verifiedBytes.ts'
import type { BlobSource } from '../../exporter/blobSource.ts'
import type { LayerBlob, Snapshot, SnapshotStore } from '../../snapshot/snapshotStore.ts'

/**
 * What is the same for layers of which the same is known. A blob is what its digest says, and a snapshot that was made
 * here never changes; by which diff ids an image calls its layers is only its word.
 */
export function keysOfLayer({ id, origin }: Pick<Snapshot, 'id' | 'origin'>, snapshots: Pick<SnapshotStore, 'blobs'>): readonly string[] {
  const blobsOf = snapshots.blobs(id)
  const isOfImage = blobsOf.some(({ repository }) => repository !== undefined)
  return [...(isOfImage ? [] : [`snapshot ${origin ?? id}`]), ...blobsOf.map(({ descriptor }) => `blob ${descriptor.digest}`)]
}

/** Layers of a build as uncompressed tars, wherever they are. */
export interface LayerReading {
  /** As `keysOfLayer`. */
  readonly keysOf: (snapshot: Snapshot) => readonly string[]
  /** Undefined for a layer that is neither here nor, with `fetch`, in a registry. */
  readonly open: (snapshot: Snapshot, mode: 'fetch' | 'here', signal: AbortSignal) => Promise<AsyncIterable<Uint8Array> | undefined>
}

export interface LayerReadingDeps {
  readonly snapshots: SnapshotStore
  readonly content: ContentStore
  readonly blobs: BlobSource
}

export function createLayerReading({ snapshots, content, blobs }: LayerReadingDeps): LayerReading {
  const fetchVerified = (blob: LayerBlob, signal: AbortSignal): AsyncIterable<Uint8Array> => verifiedBytes(blob.descriptor.digest, blobs.read(blob, signal))
  return {
    keysOf: (snapshot) => keysOfLayer(snapshot, snapshots),
    async open(snapshot, mode, signal) {
      if (snapshot.state === 'present') return snapshots.readLayer(snapshot.id, { clampTimeSeconds: undefined }, signal)
      const known = snapshots.blobs(snapshot.id)
      for (const blob of known) if ((await content.sizeBytes(blob.descriptor.digest, signal)) !== undefined) return decompress(content.read(blob.descriptor.digest, 0, signal), signal)
      const remote = mode === 'fetch' ? known.find(({ repository }) => repository !== undefined) : undefined
      return remote === undefined ? undefined : decompress(fetchVerified(remote, signal), signal)
    },
  }
}
