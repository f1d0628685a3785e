import { formatCanonicalJson } from '../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../ground/digest.ts'
import { BuildError } from '../ground/errors.ts'
import { formatGoJson } from '../ground/goJson.ts'
import type { ImageConfig } from '../ground/oci/imageConfig.ts'
import type { Manifest } from '../ground/oci/manifest.ts'
import type { Platform } from '../ground/platform.ts'
import { formatReference, formatRepository, parseReference, type Reference } from '../ground/reference.ts'
import type { ImageSource } from '../graph/vertex.ts'
import { chainIds } from '../image/chainId.ts'
import type { LazyLayer, SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { Op } from '../solver/op.ts'

/** Manifests and configs of images that were resolved before the build began; `engine` fills it in. */
export interface ImageSourceFiles {
  /** @throws BlobNotFoundError where the image was not resolved, or was pruned since */
  readImage(manifest: Digest, signal: AbortSignal): Promise<ImageFiles>
}

export interface ImageFiles {
  readonly manifest: Manifest
  readonly config: ImageConfig
}

export interface ImageSourceDeps {
  readonly snapshots: SnapshotStore
  readonly images: ImageSourceFiles
}

/** Makes an image's layers known as snapshots, and downloads none of them: `layerPresence.ts` does, when their files are needed. */
export function createImageSource(source: ImageSource, platform: Platform | undefined, { snapshots, images }: ImageSourceDeps): Op {
  return {
    async cacheMap() {
      return { digest: imageDigest(source, platform), inputs: [] }
    },
    async execute(_inputs, _context, signal) {
      return [registerLayers(snapshots, await images.readImage(source.manifest, signal), parseReference(source.reference), source.layerLimit) ?? '']
    },
  }
}

/** As BuildKit makes it: of what the name was resolved to, which may be an index, and the platform. */
function imageDigest({ reference, manifest, layerLimit }: ImageSource, platform: Platform | undefined): Digest {
  if (layerLimit !== undefined) return digestOf(formatCanonicalJson({ kind: 'image', manifest, layerLimit }))
  const digest = parseReference(reference).digest ?? manifest
  if (platform === undefined) return digestOf(formatCanonicalJson({ kind: 'image', manifest }))
  const { os, architecture, variant, osVersion } = platform
  const fields = { Digest: digest, OS: os, Arch: architecture, Variant: variant === '' ? undefined : variant, OSVersion: osVersion === '' ? undefined : osVersion }
  return digestOf(`buildkit.source.v0:${digestOf(formatGoJson(fields, 'compact'))}`)
}

/** Makes the layers of an image known as snapshots, the lowest `limit` of them; gives the uppermost. Idempotent. @throws ImageLayersError */
export function registerLayers(snapshots: SnapshotStore, files: ImageFiles, reference: Reference, limit?: number): SnapshotId | undefined {
  const layers = lazyLayers(files, reference).slice(0, limit)
  for (const layer of layers) snapshots.registerLazy(layer)
  return layers.at(-1)?.id
}

/** Lowest first. @throws ImageLayersError */
function lazyLayers({ manifest, config }: ImageFiles, reference: Reference): readonly LazyLayer[] {
  if (manifest.layers.length !== config.diffIds.length) throw new ImageLayersError(formatReference(reference), manifest.layers.length, config.diffIds.length)
  const repository = formatRepository(reference)
  const ids = layerSnapshots(config.diffIds)
  return config.diffIds.flatMap((diffId, index) => {
    const [id, descriptor] = [ids[index], manifest.layers[index]]
    return id === undefined || descriptor === undefined ? [] : [{ id, parent: ids[index - 1], blob: { descriptor, diffId, repository } }]
  })
}

/** The snapshots that an image's layers are, lowest first: named by their chain ids. */
export function layerSnapshots(diffIds: readonly Digest[]): readonly SnapshotId[] {
  return chainIds(diffIds).map((id) => id as string as SnapshotId)
}

/** The manifest and the config of an image do not speak of the same layers. */
export class ImageLayersError extends BuildError {
  readonly kind = 'corrupt'
  readonly reference: string
  constructor(reference: string, layers: number, diffIds: number) {
    super(`image ${JSON.stringify(reference)} has ${layers} layers but names ${diffIds} in its config`, { hint: 'the image is damaged: push it again, or use another one' })
    this.reference = reference
  }
}
