import { formatCanonicalJson } from '../ground/canonicalJson.ts'
import { digestOf, parseDigest, type Digest } from '../ground/digest.ts'
import { BuildError } from '../ground/errors.ts'
import type { ImageConfig } from '../ground/imageConfig.ts'
import type { Manifest } from '../ground/manifest.ts'
import { formatRepository, parseReference } from '../ground/reference.ts'
import type { ImageSource } from '../graph/vertex.ts'
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
export function createImageSource(source: ImageSource, { snapshots, images }: ImageSourceDeps): Op {
  return {
    async cacheMap() {
      return { digest: digestOf(formatCanonicalJson({ kind: 'image', manifest: source.manifest })), inputs: [] }
    },
    async execute(_inputs, _context, signal) {
      const files = await images.readImage(source.manifest, signal)
      const layers = lazyLayers(files, source)
      for (const layer of layers) snapshots.registerLazy(layer)
      return [layers.at(-1)?.id ?? '']
    },
  }
}

/** Lowest first. @throws ImageLayersError */
function lazyLayers({ manifest, config }: ImageFiles, { reference }: ImageSource): readonly LazyLayer[] {
  if (manifest.layers.length !== config.diffIds.length) throw new ImageLayersError(reference, manifest.layers.length, config.diffIds.length)
  const repository = formatRepository(parseReference(reference))
  const ids = chainIds(config.diffIds)
  return config.diffIds.flatMap((diffId, index) => {
    const [id, descriptor] = [ids[index], manifest.layers[index]]
    return id === undefined || descriptor === undefined ? [] : [{ id, parent: ids[index - 1], blob: { descriptor, diffId, repository } }]
  })
}

/** OCI image-spec, config.md#layer-chainid, of each layer with those under it. */
export function chainIds(diffIds: readonly Digest[]): readonly SnapshotId[] {
  const ids: SnapshotId[] = []
  for (const diffId of diffIds) {
    const below = ids.at(-1)
    ids.push((below === undefined ? diffId : parseDigest(digestOf(`${below} ${diffId}`))) as string as SnapshotId)
  }
  return ids
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
