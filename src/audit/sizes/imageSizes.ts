import { decompress } from '../../archive/compression.ts'
import type { BlobReader } from '../../content/contentStore.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { ImageView } from '../../image/imageView.ts'
import { layerSteps } from '../../image/layerSteps.ts'
import { foldLayers, type ImageFiles } from './imageFiles.ts'
import { readLayerFiles, type LayerFiles } from './layerFiles.ts'

/** What one platform's image takes, and what is in it. */
export interface PlatformSizes {
  readonly platform: string
  readonly architecture: string
  readonly digest: Digest
  readonly layers: readonly LayerSizes[]
  /** Of the layers as they are sent. */
  readonly compressedBytes: number
  /** Of the files of all layers, those that are hidden later included: what it takes on a disk. */
  readonly sizeBytes: number
  readonly image: ImageFiles
}

export interface LayerSizes {
  readonly digest: Digest
  readonly diffId: string
  /** The line of the history that made it; '' where there is none. */
  readonly step: string
  readonly compressedBytes: number
  readonly sizeBytes: number
  readonly fileCount: number
}

export interface SizedImage {
  readonly platform: string
  readonly architecture: string
  readonly view: ImageView
}

/** Each layer is read once, whatever number of platforms and images has it. */
export interface LayerReads {
  readonly known: Map<Digest, LayerFiles>
  /** Called before a layer is read. */
  readonly onLayer: (layer: Descriptor) => void
}

/** Facts of as many files are held at once: a GB. */
const MAX_ENTRIES = 2_000_000

/** Reads the layers one after the other, as they stream. @throws ImageInvalidError; TarInvalidError; TooManyFilesError */
export async function readImageSizes(store: BlobReader, { platform, architecture, view }: SizedImage, reads: LayerReads, signal: AbortSignal): Promise<PlatformSizes> {
  const [manifest, config] = [await view.manifest(signal), await view.config(signal)]
  const steps = layerSteps(config)
  const files: LayerFiles[] = []
  for (const layer of manifest.layers) files.push(await readLayer(store, layer, reads, signal))
  const layers = manifest.layers.map((layer, index) => ({
    digest: layer.digest,
    diffId: config.diffIds[index] ?? layer.digest,
    step: steps[index] ?? '',
    compressedBytes: layer.sizeBytes,
    sizeBytes: files[index]?.sizeBytes ?? 0,
    fileCount: files[index]?.fileCount ?? 0,
  }))
  const sum = (of: (layer: LayerSizes) => number): number => layers.reduce((total, layer) => total + of(layer), 0)
  return {
    platform,
    architecture,
    digest: view.descriptor.digest,
    layers,
    compressedBytes: sum(({ compressedBytes }) => compressedBytes),
    sizeBytes: sum(({ sizeBytes }) => sizeBytes),
    image: foldLayers(files),
  }
}

async function readLayer(store: BlobReader, layer: Descriptor, { known, onLayer }: LayerReads, signal: AbortSignal): Promise<LayerFiles> {
  const found = known.get(layer.digest)
  if (found !== undefined) return found
  onLayer(layer)
  const heldEntries = [...known.values()].reduce((sum, { entries }) => sum + entries.length, 0)
  const files = await readLayerFiles(decompress(store.read(layer.digest, 0, signal), signal), MAX_ENTRIES - heldEntries, signal)
  known.set(layer.digest, files)
  return files
}
