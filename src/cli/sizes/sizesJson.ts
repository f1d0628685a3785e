import type { LayerSizes } from '../../audit/sizes/imageSizes.ts'
import type { Saving } from '../../audit/sizes/savings.ts'
import type { MeasuredPlatform, SizesReport } from './measureImage.ts'

/** For programs: one document. Layers are counted from 0, sizes are unpacked bytes unless they say otherwise. */
export function sizesJson({ name, from, digest, platforms, spread, older }: SizesReport): string {
  const document = { name, from, digest, platforms: platforms.map((platform) => platformJson(platform, platforms)), spread, against: older }
  return `${JSON.stringify(document, null, 2)}\n`
}

function platformJson({ platform, digest, layers, compressedBytes, sizeBytes, image, savings, growth }: MeasuredPlatform, platforms: readonly MeasuredPlatform[]): object {
  return {
    platform,
    digest,
    compressedBytes,
    sizeBytes,
    visibleBytes: image.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    fileCount: image.files.length,
    layers: layers.map((layer, index) => ({ index, ...layer, isShared: isShared(layer, platforms) })),
    savings: savings.map((saving) => ({ ...saving, estimatedCompressedBytes: estimateCompressed(saving, layers) })),
    growth,
  }
}

/** Whether every platform has it. */
export function isShared({ diffId }: LayerSizes, platforms: readonly MeasuredPlatform[]): boolean {
  return platforms.length > 1 && platforms.every(({ layers }) => layers.some((layer) => layer.diffId === diffId))
}

/** As if all of a layer were packed equally well. */
export function estimateCompressed({ layer, sizeBytes }: Saving, layers: readonly LayerSizes[]): number {
  const own = layers[layer]
  return own === undefined || own.sizeBytes === 0 ? 0 : Math.round((sizeBytes / own.sizeBytes) * own.compressedBytes)
}
