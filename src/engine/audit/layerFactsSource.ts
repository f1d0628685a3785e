import { decompress } from '../../archive/compression.ts'
import type { LayerFacts } from '../../audit/facts/layerFacts.ts'
import { readLayerFacts } from '../../audit/facts/readLayerFacts.ts'
import type { ContentStore } from '../../content/contentStore.ts'
import { verifiedBytes } from '../../content/verifiedBytes.ts'
import type { BlobSource } from '../../exporter/blobSource.ts'
import type { LayerPackerDeps } from '../../exporter/layerPacker.ts'
import { watchStream } from '../../kit/watchStream.ts'
import type { LayerBlob, Snapshot, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { AuditStore } from './auditStore.ts'

/** Facts of the layers of a build. Each layer is read once: on its way into its blob, else when it is asked for. */
export interface LayerFactsSource {
  /** The same for layers of which the same is known. */
  readonly nameOf: (snapshot: Snapshot) => string
  readonly isKnown: (snapshot: Snapshot) => boolean
  /** For the packer: notes the facts of what goes by, where they are not known. */
  readonly watchLayer: LayerPackerDeps['watchLayer']
  /** Undefined for a layer that is neither here nor, with `fetch`, in a registry. */
  read(snapshot: Snapshot, mode: 'fetch' | 'here', signal: AbortSignal): Promise<LayerFacts | undefined>
}

export interface LayerFactsDeps {
  readonly snapshots: SnapshotStore
  readonly content: ContentStore
  readonly blobs: BlobSource
  readonly store: AuditStore
}

export function createLayerFactsSource({ snapshots, content, blobs, store }: LayerFactsDeps): LayerFactsSource {
  /** A blob is what its digest says, and a snapshot that was made here never changes; by which diff ids an image calls its layers is only its word. */
  const keysOf = ({ id, origin }: Snapshot): readonly string[] => {
    const blobsOf = snapshots.blobs(id)
    const isOfImage = blobsOf.some(({ repository }) => repository !== undefined)
    return [...(isOfImage ? [] : [`snapshot ${origin ?? id}`]), ...blobsOf.map(({ descriptor }) => `blob ${descriptor.digest}`)]
  }

  async function openLayer(snapshot: Snapshot, mode: 'fetch' | 'here', signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    if (snapshot.state === 'present') return snapshots.readLayer(snapshot.id, { clampTimeSeconds: undefined }, signal)
    const known = snapshots.blobs(snapshot.id)
    for (const blob of known) if ((await content.sizeBytes(blob.descriptor.digest, signal)) !== undefined) return decompress(content.read(blob.descriptor.digest, 0, signal), signal)
    const remote = mode === 'fetch' ? known.find(({ repository }) => repository !== undefined) : undefined
    return remote === undefined ? undefined : decompress(fetchVerified(remote, signal), signal)
  }

  const fetchVerified = (blob: LayerBlob, signal: AbortSignal): AsyncIterable<Uint8Array> => verifiedBytes(blob.descriptor.digest, blobs.read(blob, signal))

  return {
    nameOf: (snapshot) => keysOf(snapshot).join(' '),
    isKnown: (snapshot) => store.hasFacts(keysOf(snapshot)),
    watchLayer(snapshot, tar, signal) {
      if (store.hasFacts(keysOf(snapshot))) return tar
      return watchStream(
        tar,
        (seen) => readLayerFacts(seen, signal),
        (facts) => {
          if (facts !== undefined) store.putFacts(keysOf(snapshot), facts)
        },
      )
    },
    async read(snapshot, mode, signal) {
      const known = store.facts(keysOf(snapshot))
      if (known !== undefined) return known
      const tar = await openLayer(snapshot, mode, signal)
      if (tar === undefined) return undefined
      const facts = await readLayerFacts(tar, signal)
      store.putFacts(keysOf(snapshot), facts)
      return facts
    },
  }
}
