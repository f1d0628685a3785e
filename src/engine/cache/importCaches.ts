import { BlobNotFoundError, type BlobReader } from '../../content/contentStore.ts'
import { digestOf, type Digest } from '../../ground/digest.ts'
import { layersOf, type CacheConfig, type CacheResult } from '../../image/buildcache/cacheConfig.ts'
import { describeImageLayer, diffIdOf } from '../../image/buildcache/cacheManifest.ts'
import { layerSnapshots } from '../../ops/imageSource.ts'
import type { KeyId } from '../../solver/cacheStore.ts'
import type { ImportedCache } from '../../solver/imported/importedCache.ts'
import { createImportedKeys, type ImportedRecord } from '../../solver/imported/importedKeys.ts'
import type { OpContext, ResultId } from '../../solver/op.ts'
import type { LayerBlob } from '../../snapshot/snapshotStore.ts'
import type { FoundCache } from './foundCache.ts'
import type { ImportedLayer, ImportedLayers } from './importedLayers.ts'

/** Where the layers of a found cache are. */
export interface CacheLayerPlace {
  /** `host/repository` where they are in a registry: they are then fetched by whoever needs them. */
  readonly repository: string | undefined
  /** Where they are to be had as long as the solve runs, unless that is a registry. */
  readonly blobs: BlobReader | undefined
  /** Has the blobs of `layers` be where they can be had once they are needed; false where one cannot. Rejects on abort only. */
  ensure(layers: readonly ImportedLayer[], context: OpContext, signal: AbortSignal): Promise<boolean>
}

export interface PlacedCache extends FoundCache {
  readonly place: CacheLayerPlace
}

interface Chain {
  readonly layers: readonly ImportedLayer[]
  readonly place: CacheLayerPlace
}

/** All of them as one. A result whose layers are not all described is left out; its key is not. */
export function joinCaches(caches: readonly PlacedCache[], imported: ImportedLayers): ImportedCaches {
  const chains = new Map<ResultId, Chain>()
  const records: ImportedRecord[] = []
  for (const cache of caches) {
    const offset = records.length
    for (const { digest, inputs, results } of cache.config.records) {
      records.push({
        digest: keyOf(digest),
        inputs: inputs.map((ways) => ways.map(({ link, selector }) => ({ record: isPlace(link, cache.config) ? offset + link : -1, selector }))),
        results: results.flatMap((result) => noteChain(result, cache, chains)),
      })
    }
  }
  const keys = createImportedKeys(records)
  return {
    keys,
    has: (result) => chains.has(result),
    foreignLayers: (result) => chains.get(result)?.layers.map(({ blob }) => blob),
    foreignBlobs: readerOf(caches),
    async obtain(result, context, signal) {
      const chain = chains.get(result)
      if (chain === undefined || !(await chain.place.ensure(chain.layers, context, signal))) return false
      imported.record(result, chain.layers)
      return true
    },
  }
}

export interface ImportedCaches extends ImportedCache {
  /** The layers of a result, lowest first, whether it was taken or not; undefined where no other machine has it. */
  readonly foreignLayers: (result: ResultId) => readonly LayerBlob[] | undefined
  /** Of their blobs those that are in no registry. */
  readonly foreignBlobs: BlobReader
}

function readerOf(caches: readonly PlacedCache[]): BlobReader {
  const readers = new Map(caches.flatMap(({ blobs, place }) => (place.blobs === undefined ? [] : [...blobs.keys()].map((digest) => [digest, place.blobs] as const))))
  return {
    sizeBytes: async (digest, signal) => await readers.get(digest)?.sizeBytes(digest, signal),
    read(digest, offset, signal) {
      const reader = readers.get(digest)
      if (reader === undefined) throw new BlobNotFoundError(digest)
      return reader.read(digest, offset, signal)
    },
  }
}

function isPlace(link: number, { records }: CacheConfig): boolean {
  return Number.isInteger(link) && link >= 0 && link < records.length
}

function keyOf(digest: Digest): KeyId {
  return digest as string as KeyId
}

/** The id of the snapshot that it will be. */
function noteChain(result: CacheResult, { config, blobs, place }: PlacedCache, chains: Map<ResultId, Chain>): readonly ResultId[] {
  const described = (layersOf(config, result) ?? []).map((index) => blobs.get(config.layers[index]?.blob ?? digestOf('')))
  const layers = described.flatMap((descriptor) => {
    const diffId = descriptor === undefined ? undefined : diffIdOf(descriptor)
    return descriptor === undefined || diffId === undefined ? [] : [{ descriptor: describeImageLayer(descriptor), diffId, repository: place.repository }]
  })
  const snapshots = layerSnapshots(layers.map(({ diffId }) => diffId))
  const id = snapshots.at(-1)
  if (id === undefined || layers.length !== described.length) return []
  if (!chains.has(id)) chains.set(id, { place, layers: layers.flatMap((blob, index) => (snapshots[index] === undefined ? [] : [{ snapshot: snapshots[index], blob }])) })
  return [id]
}
