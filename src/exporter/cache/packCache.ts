import type { Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { compressionOf } from '../../ground/oci/mediaType.ts'
import type { CacheConfig, CacheLayer, CacheRecord } from '../../image/buildcache/cacheConfig.ts'
import type { LayerBlob, SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { ResultId } from '../../solver/op.ts'
import type { LayerPacker, PackOptions } from '../layerPacker.ts'
import type { SolvedCache } from './cacheExporter.ts'

export interface PackCacheOptions {
  /** `min`: layers of the image alone; `max`: of all steps. */
  readonly mode: 'min' | 'max'
  readonly pack: PackOptions
}

export interface PackedCache {
  readonly config: CacheConfig
  /** Of all layers of the config, each once. */
  readonly blobs: ReadonlyMap<Digest, LayerBlob>
}

export interface PackCacheDeps {
  readonly snapshots: SnapshotStore
  readonly packer: LayerPacker
}

/** The config of a solve's cache, its layers packed. A result whose layers cannot be had any more is left out. */
export async function packCache(solved: SolvedCache, { mode, pack }: PackCacheOptions, { snapshots, packer }: PackCacheDeps, signal: AbortSignal): Promise<PackedCache> {
  const table = createLayerTable()
  const wanted = mode === 'max' ? undefined : new Set<ResultId>(solved.roots.flatMap((root) => snapshots.chain(root).map(({ id }) => id)))

  async function layersOf(result: ResultId): Promise<readonly LayerBlob[]> {
    const foreign = solved.foreignLayers(result)
    const isAsWanted = !pack.isForced || foreign?.every(({ descriptor }) => compressionOf(descriptor.mediaType) === pack.compression) === true
    if (foreign !== undefined && (isAsWanted || snapshots.get(result as SnapshotId) === undefined)) return foreign
    try {
      return await packer.pack(result as SnapshotId, pack, () => undefined, signal)
    } catch (error) {
      if (error instanceof BuildError && error.kind === 'not-found') return []
      throw error
    }
  }

  const records: CacheRecord[] = []
  for (const { digest, inputs, result } of solved.records) {
    const isWanted = result !== undefined && result !== '' && wanted?.has(result) !== false
    const layer = isWanted ? table.add(await layersOf(result)) : undefined
    records.push({
      digest: digest as string as Digest,
      inputs: inputs.map((ways) => ways.map(({ record, selector }) => ({ link: record, selector }))),
      results: layer === undefined ? [] : [{ kind: 'layer', layer, createdAt: undefined }],
    })
  }
  return { config: { layers: table.layers, records }, blobs: table.blobs }
}

interface LayerTable {
  readonly layers: readonly CacheLayer[]
  readonly blobs: ReadonlyMap<Digest, LayerBlob>
  /** The place of the uppermost; undefined where there is none. */
  add(chain: readonly LayerBlob[]): number | undefined
}

/** Chains that begin alike have these layers in common. */
function createLayerTable(): LayerTable {
  const layers: CacheLayer[] = []
  const blobs = new Map<Digest, LayerBlob>()
  const places = new Map<string, number>()
  return {
    layers,
    blobs,
    add(chain) {
      let parent: number | undefined
      for (const blob of chain) {
        const { digest } = blob.descriptor
        const key = `${digest} ${parent ?? ''}`
        const place = places.get(key) ?? layers.push({ blob: digest, parent, facts: undefined }) - 1
        places.set(key, place)
        if (!blobs.has(digest)) blobs.set(digest, blob)
        parent = place
      }
      return parent
    },
  }
}
