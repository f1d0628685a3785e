import type { ContentStore, BlobReader } from '../../content/contentStore.ts'
import { BuildError } from '../../ground/errors.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { mapLimited, type Limit } from '../../kit/limit.ts'
import { createProgressReport } from '../../ops/layerPresence.ts'
import type { CachePlace } from '../../registry/cacheplace/cachePlace.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { OpContext } from '../../solver/op.ts'
import { parseFoundCache } from './foundCache.ts'
import type { CacheLayerPlace, PlacedCache } from './importCaches.ts'

export interface PlaceImportDeps {
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  readonly transfers: Limit
}

/** What was exported to a place: only the configs are read for it. The place is to stay open as long as the caches are used. */
export async function readPlacedCaches(place: CachePlace, deps: PlaceImportDeps, signal: AbortSignal): Promise<readonly PlacedCache[]> {
  const layerPlace = createLayerPlace(place, deps)
  return (await place.readConfigs(signal)).map((bytes) => ({ ...parseFoundCache(bytes), place: layerPlace }))
}

/** Nobody else knows the place later on, so what is taken is brought at once. */
export function createLayerPlace(blobs: BlobReader, { content, snapshots, transfers }: PlaceImportDeps): CacheLayerPlace {
  const isThere = async ({ digest }: Descriptor, signal: AbortSignal): Promise<boolean> => (await content.sizeBytes(digest, signal)) !== undefined
  return {
    repository: undefined,
    blobs,
    async ensure(layers, context, signal) {
      const missing = layers.filter(({ snapshot }) => snapshots.get(snapshot)?.state !== 'present').map(({ blob }) => blob.descriptor)
      try {
        await mapLimited(missing, transfers, async (descriptor, inner) => {
          if (!(await isThere(descriptor, inner))) await fetchLayer(descriptor, { blobs, content, context }, inner)
        }, signal)
        return true
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof BuildError) return false // the step is run instead
        throw error
      }
    },
  }
}

interface Fetching {
  readonly blobs: BlobReader
  readonly content: ContentStore
  readonly context: OpContext
}

async function fetchLayer({ digest, sizeBytes }: Descriptor, { blobs, content, context }: Fetching, signal: AbortSignal): Promise<void> {
  const report = createProgressReport(context, { id: digest, action: '', totalBytes: sizeBytes }, Date.now)
  await using ingest = await content.openIngest({ resumeKey: undefined }, signal)
  let currentBytes = 0
  for await (const chunk of blobs.read(digest, 0, signal)) {
    await ingest.write(chunk)
    currentBytes += chunk.byteLength
    report(currentBytes, 'running')
  }
  await ingest.commit(digest)
  report(currentBytes, 'done')
}
