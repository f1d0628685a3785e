import { formatCacheConfig, type CacheConfig } from '../../image/buildcache/cacheConfig.ts'
import { createLimit, mapLimited } from '../../kit/limit.ts'
import type { CachePlace } from '../../registry/cacheplace/cachePlace.ts'
import { CACHE_PLACE_ATTRIBUTES } from '../../registry/cacheplace/createCachePlace.ts'
import type { ExportProgress } from '../exporter.ts'
import type { ExporterDeps } from '../exporterDeps.ts'
import { createAttributeReader } from '../internal/attributeReader.ts'
import type { CacheExporter } from './cacheExporter.ts'
import { readCacheOptions, type CacheOptions } from './cacheOptions.ts'
import { packCache, type PackedCache } from './packCache.ts'

/** To a place that is no registry: BuildKit's `type=gha` and `type=s3`. @throws InvalidValueError */
export function createPlaceCacheExporter(deps: ExporterDeps, type: string, values: ReadonlyMap<string, string>): CacheExporter {
  const options = readOptions(type, values)
  const place = deps.openCachePlace(type, values)
  return {
    name: place.exportTitle,
    ignoresErrors: options.ignoresErrors,
    async export(solved, progress, signal) {
      await using held = place
      const packed = await progress.step('preparing build cache for export', () => packCache(solved, options, deps, signal))
      await deps.protect(packed.blobs.keys(), signal)
      await send(packed, held, { deps, progress }, signal)
      return new Map()
    },
  }
}

function readOptions(type: string, values: ReadonlyMap<string, string>): CacheOptions {
  const attributes = createAttributeReader(`${type} cache`, values)
  const options = readCacheOptions(attributes)
  attributes.ignore(...(CACHE_PLACE_ATTRIBUTES.get(type) ?? [])) // the place reads them
  attributes.finish()
  return options
}

/** What is named before what names it. */
async function send(packed: PackedCache, place: CachePlace, { deps, progress }: { readonly deps: ExporterDeps; readonly progress: ExportProgress }, signal: AbortSignal): Promise<void> {
  await mapLimited([...packed.blobs.values()], createLimit(place.uploadsAtOnce), async (blob, inner) => {
    const { digest, sizeBytes } = blob.descriptor
    await progress.step(`writing layer ${digest}`, () => place.writeBlob({ digest, sizeBytes, open: () => deps.blobs.read(blob, inner), onProgress: () => undefined }, inner))
  }, signal)
  await progress.step(`writing cache config to ${place.name}`, () => place.writeConfig(formatCacheConfig(describeLayers(packed)), signal))
}

/** No manifest describes the blobs, so the config does. */
function describeLayers({ config, blobs }: PackedCache): CacheConfig {
  const layers = config.layers.map((layer) => {
    const known = blobs.get(layer.blob)
    if (known === undefined) return layer
    const { mediaType, sizeBytes } = known.descriptor
    return { ...layer, facts: { mediaType, sizeBytes, diffId: known.diffId, annotations: new Map<string, string>() } }
  })
  return { ...config, layers }
}
