import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import { parseDigest, type Digest } from '../../ground/digest.ts'
import { compressionOf, isIndexType, layerMediaType, MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatIndex, formatManifest, parseIndex, parseManifest } from '../manifestJson.ts'
import { CACHE_CONFIG_TYPE } from './cacheConfig.ts'

/** The digest of a layer's uncompressed bytes, as BuildKit notes it. */
export const DIFF_ID_ANNOTATION = 'containerd.io/uncompressed'

/** What names the blobs of a build cache in a registry or an OCI layout. */
export interface CacheManifest {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** `manifest` looks like an image, which registries take that are choosy about indexes; `index` is the older form. */
export interface CacheManifestForm {
  readonly kind: 'manifest' | 'index'
  readonly mediaTypes: 'oci' | 'docker'
}

/** Either form; undefined where it is not a cache, but perhaps an image that has one in it. @throws ImageInvalidError */
export function parseCacheManifest(bytes: Uint8Array, mediaType: string): CacheManifest | undefined {
  if (isIndexType(mediaType)) {
    const { manifests } = parseIndex(bytes, mediaType)
    const config = manifests.find((descriptor) => descriptor.mediaType === CACHE_CONFIG_TYPE)
    return config === undefined ? undefined : { config, layers: manifests.filter((descriptor) => descriptor !== config) }
  }
  const { config, layers } = parseManifest(bytes, mediaType)
  return config.mediaType === CACHE_CONFIG_TYPE ? { config, layers } : undefined
}

/** Equal values give equal bytes. */
export function formatCacheManifest({ config, layers }: CacheManifest, { kind, mediaTypes }: CacheManifestForm): { readonly mediaType: string; readonly bytes: Uint8Array } {
  const styled = layers.map((layer) => withStyle(layer, mediaTypes))
  const common = { artifactType: undefined, subject: undefined, annotations: new Map<string, string>() }
  if (kind === 'manifest') {
    const mediaType = MEDIA_TYPE.ociManifest
    return { mediaType, bytes: formatManifest({ ...common, mediaType, config, layers: styled }) }
  }
  const mediaType = mediaTypes === 'oci' ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.dockerIndex
  return { mediaType, bytes: formatIndex({ ...common, mediaType, manifests: [...styled, config] }) }
}

/** A layer as a cache names it. */
export function describeCacheLayer({ mediaType, digest, sizeBytes, annotations }: Descriptor, diffId: Digest): Descriptor {
  return { ...describeBlob(mediaType, digest, sizeBytes), annotations: new Map([...annotations, [DIFF_ID_ANNOTATION, diffId]]) }
}

/** The same layer as an image names it: without what caches note of it, so that an image is the same whether it was built or found. */
export function describeImageLayer(layer: Descriptor): Descriptor {
  const annotations = new Map([...layer.annotations].filter(([key]) => key !== DIFF_ID_ANNOTATION && !key.startsWith('buildkit/')))
  return { ...describeBlob(layer.mediaType, layer.digest, layer.sizeBytes), annotations }
}

/** Undefined where it is not told, or no digest. */
export function diffIdOf({ annotations }: Pick<Descriptor, 'annotations'>): Digest | undefined {
  try {
    return parseDigest(annotations.get(DIFF_ID_ANNOTATION) ?? '')
  } catch {
    return undefined
  }
}

function withStyle(layer: Descriptor, style: 'oci' | 'docker'): Descriptor {
  const compression = compressionOf(layer.mediaType)
  return compression === undefined ? layer : { ...layer, mediaType: layerMediaType(compression, style) }
}
