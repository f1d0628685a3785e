import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { formatDescriptor } from '../../image/manifestJson.ts'
import type { BuildResult, ExportedImage, ExportProgress } from '../exporter.ts'
import type { ExporterDeps } from '../exporterDeps.ts'
import { warnOfMissingEpoch } from './epochOptions.ts'
import type { FollowBlob } from '../layerPacker.ts'
import type { ImageName, ImageOptions } from './imageOptions.ts'
import { writeImage, type PackedImage, type PackedPlatform } from './imageWriter.ts'

/** An image that stands in the content store, but for layers that are only in a registry. */
export interface BuiltImage {
  readonly image: ExportedImage
  readonly packed: PackedImage
}

/** What one export works with. */
export interface ExportContext {
  readonly deps: ExporterDeps
  readonly progress: ExportProgress
}

interface NamedOptions extends ImageOptions {
  readonly names: readonly ImageName[]
  /** Of layers that are packed. */
  readonly follow?: FollowBlob | undefined
}

/** Packs the layers and writes the image: what all exporters of images begin with. */
export async function buildImage(built: BuildResult, options: NamedOptions, { deps, progress }: ExportContext, signal: AbortSignal): Promise<BuiltImage> {
  const { platforms, isMultiPlatform } = built
  warnOfMissingEpoch(options, progress)
  const packed = await progress.step('exporting layers', async (report) => {
    const done: PackedPlatform[] = []
    // one platform after the other: the packer works on several layers of each
    for (const result of platforms) done.push({ result, layers: await deps.packer.pack(result.snapshot, { ...options.pack, follow: options.follow }, (bytes) => report(bytes, 0), signal) })
    await deps.protect(done.flatMap(({ layers }) => layers.map(({ descriptor }) => descriptor.digest)), signal)
    return { platforms: done, isMultiPlatform }
  })
  await deps.approve(built, signal)
  const image = await progress.step(isMultiPlatform || platforms.length > 1 ? 'exporting manifest list' : 'exporting manifest', async () => writeImage(packed, options, deps.content, signal))
  await deps.protect(documentsOf(image).map(({ digest }) => digest), signal)
  return { image, packed }
}

/** Manifests, those of attestations, and index, what is named before what names it, each once. */
export function documentsOf({ root, manifests, attestations }: ExportedImage): readonly Descriptor[] {
  const documents = [...[...manifests, ...attestations].map(({ descriptor }) => descriptor), root]
  return [...new Map(documents.map((descriptor) => [descriptor.digest, descriptor])).values()]
}

/** What BuildKit answers its client of an image, and `pelago.platforms`: digest and size of each platform's own, as JSON. */
export function imageResponse({ image: { root, manifests }, packed }: BuiltImage): ReadonlyMap<string, string> {
  const [first] = manifests
  const config = first?.descriptor.digest === root.digest ? first.config : undefined
  return new Map([
    ['containerimage.digest', root.digest],
    ['containerimage.descriptor', Buffer.from(formatDescriptor(root)).toString('base64')],
    ...(config === undefined ? [] : [['containerimage.config.digest', config.digest] as const]),
    ['pelago.platforms', JSON.stringify(manifests.map((manifest, index) => ({ platform: formatPlatform(manifest.platform), digest: manifest.descriptor.digest, sizeBytes: sizeOf(manifest, packed.platforms[index]) })))],
  ])
}

/** All that a pull of the platform fetches but its manifest: layers and config. */
function sizeOf({ config }: ExportedImage['manifests'][number], packed: PackedPlatform | undefined): number {
  return (packed?.layers ?? []).reduce((sum, { descriptor }) => sum + descriptor.sizeBytes, config.sizeBytes)
}
