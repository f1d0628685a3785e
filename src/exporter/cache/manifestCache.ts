import { digestOf } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { CACHE_CONFIG_TYPE, formatCacheConfig } from '../../image/buildcache/cacheConfig.ts'
import { describeCacheLayer, formatCacheManifest } from '../../image/buildcache/cacheManifest.ts'
import { formatDescriptor } from '../../image/manifestJson.ts'
import { mapLimited, type Limit } from '../../kit/limit.ts'
import type { LayerBlob } from '../../snapshot/snapshotStore.ts'
import type { ExportProgress } from '../exporter.ts'
import type { ExporterDeps } from '../exporterDeps.ts'
import type { SolvedCache } from './cacheExporter.ts'
import type { CacheOptions } from './cacheOptions.ts'
import { packCache } from './packCache.ts'

/** Takes a cache that is laid out as an image or an index is: a registry, a folder. What it has is not written again. */
export interface CacheTarget {
  /** Bounds the layers that are on their way at once. */
  readonly transfers: Limit
  putLayer(blob: LayerBlob, signal: AbortSignal): Promise<void>
  putConfig(config: Descriptor, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  putManifest(manifest: Descriptor, bytes: Uint8Array, signal: AbortSignal): Promise<void>
}

interface ManifestCacheContext {
  readonly deps: ExporterDeps
  readonly options: CacheOptions
  readonly progress: ExportProgress
}

/** Packs a solve's cache and gives it to `target`, what is named before what names it. The manifest. */
export async function exportManifestCache(solved: SolvedCache, target: CacheTarget, { deps, options, progress }: ManifestCacheContext, signal: AbortSignal): Promise<Descriptor> {
  const packed = await progress.step('preparing build cache for export', () => packCache(solved, options, deps, signal))
  await deps.protect(packed.blobs.keys(), signal)
  await mapLimited([...packed.blobs.values()], target.transfers, (blob, inner) => progress.step(`writing layer ${blob.descriptor.digest}`, () => target.putLayer(blob, inner)), signal)
  const bytes = formatCacheConfig(packed.config)
  const config = describeBlob(CACHE_CONFIG_TYPE, digestOf(bytes), bytes.byteLength)
  await progress.step(`writing config ${config.digest}`, () => target.putConfig(config, bytes, signal))
  const layers = packed.blobs.values().map(({ descriptor, diffId }) => describeCacheLayer(descriptor, diffId))
  const document = formatCacheManifest({ config, layers: [...layers] }, options.form)
  const manifest = describeBlob(document.mediaType, digestOf(document.bytes), document.bytes.byteLength)
  await progress.step(`writing cache image manifest ${manifest.digest}`, () => target.putManifest(manifest, document.bytes, signal))
  return manifest
}

/** As clients read it from the response: `cache.manifest`. */
export function formatCacheAnswer(manifest: Descriptor): string {
  return Buffer.from(formatDescriptor(manifest)).toString()
}
