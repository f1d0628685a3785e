import type { BlobReader } from '../../content/contentStore.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import type { Digest } from '../../ground/digest.ts'
import { optionalString, parseJsonObject } from '../../ground/jsonValue.ts'
import { MAX_CACHE_CONFIG_BYTES, parseCacheConfig, parseCacheRecords, type CacheConfig } from '../../image/buildcache/cacheConfig.ts'
import { DIFF_ID_ANNOTATION, parseCacheManifest } from '../../image/buildcache/cacheManifest.ts'
import { INLINE_CACHE_FIELD } from '../../image/buildcache/inlineCache.ts'
import { MAX_CONFIG_BYTES, parseImageConfig } from '../../image/imageConfigJson.ts'
import { readSmallBlob, viewImages } from '../../image/imageView.ts'
import { MAX_MANIFEST_BYTES } from '../../image/manifestJson.ts'

/** One cache config, with what describes the blobs of its layers. */
export interface FoundCache {
  readonly config: CacheConfig
  readonly blobs: ReadonlyMap<Digest, Descriptor>
}

/**
 * The caches behind `root`: the one that it is, or those in the images that it is of. Of the layers nothing is read.
 * @throws ImageInvalidError; what `blobs` throws
 */
export async function readFoundCaches(blobs: Pick<BlobReader, 'read'>, root: Descriptor, signal: AbortSignal): Promise<readonly FoundCache[]> {
  const manifest = parseCacheManifest(await readSmallBlob(blobs, root, MAX_MANIFEST_BYTES, signal), root.mediaType)
  if (manifest === undefined) return await readInlineCaches(blobs, root, signal)
  const config = parseCacheConfig(await readSmallBlob(blobs, manifest.config, MAX_CACHE_CONFIG_BYTES, signal))
  return [{ config, blobs: new Map(manifest.layers.map((layer) => [layer.digest, layer])) }]
}

/** Of a config that describes its blobs itself. @throws ImageInvalidError */
export function parseFoundCache(bytes: Uint8Array): FoundCache {
  const config = parseCacheConfig(bytes)
  const described = config.layers.flatMap(({ blob, facts }) => (facts === undefined ? [] : [{ ...describeBlob(facts.mediaType, blob, facts.sizeBytes), annotations: withDiffId(facts.annotations, facts.diffId) }]))
  return { config, blobs: new Map(described.map((descriptor) => [descriptor.digest, descriptor])) }
}

/** Images that have none are passed over. */
async function readInlineCaches(blobs: Pick<BlobReader, 'read'>, root: Descriptor, signal: AbortSignal): Promise<readonly FoundCache[]> {
  const found: FoundCache[] = []
  for (const view of await viewImages(blobs, root, signal)) {
    const { config: descriptor, layers } = await view.manifest(signal)
    if (layers.length === 0) continue
    const bytes = await readSmallBlob(blobs, descriptor, MAX_CONFIG_BYTES, signal)
    const inline = optionalString(parseJsonObject(Buffer.from(bytes).toString(), 'image config'), INLINE_CACHE_FIELD)
    const { diffIds } = parseImageConfig(bytes)
    if (inline === undefined || diffIds.length !== layers.length) continue
    const config = { layers: layers.map(({ digest }, index) => ({ blob: digest, parent: index === 0 ? undefined : index - 1, facts: undefined })), records: parseCacheRecords(Buffer.from(inline, 'base64').toString()) }
    found.push({ config, blobs: new Map(layers.map((layer, index) => [layer.digest, { ...layer, annotations: withDiffId(layer.annotations, diffIds[index]) }])) })
  }
  return found
}

function withDiffId(annotations: ReadonlyMap<string, string>, diffId: Digest | undefined): ReadonlyMap<string, string> {
  return diffId === undefined ? annotations : new Map([...annotations, [DIFF_ID_ANNOTATION, diffId]])
}
