import type { ContentStore } from '../../content/contentStore.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Platform } from '../../ground/platform.ts'
import { viewImages, type ImageView } from '../../image/imageView.ts'
import type { StoredImage } from './imageStore.ts'

/** An image of the local store with those of its platforms that are here. */
export interface ListedImage extends StoredImage {
  readonly platforms: readonly ListedPlatform[]
}

export interface ListedPlatform {
  readonly platform: Platform
  readonly manifest: Descriptor
  readonly config: Descriptor
  /** Manifest, config and packed layers. */
  readonly sizeBytes: number
  /** RFC 3339. */
  readonly created: string | undefined
}

export async function listImage(content: ContentStore, image: StoredImage, signal: AbortSignal): Promise<ListedImage> {
  const platforms: ListedPlatform[] = []
  for (const view of await viewImages(content, image.root, signal)) {
    const listed = await listPlatform(content, view, signal)
    if (listed !== undefined) platforms.push(listed)
  }
  return { ...image, platforms }
}

/** Undefined where the manifest or the config was not pulled. */
async function listPlatform(content: ContentStore, view: ImageView, signal: AbortSignal): Promise<ListedPlatform | undefined> {
  const { descriptor } = view
  if ((await content.sizeBytes(descriptor.digest, signal)) === undefined) return undefined
  const { config, layers } = await view.manifest(signal)
  if ((await content.sizeBytes(config.digest, signal)) === undefined) return undefined
  const { platform, created } = await view.config(signal)
  const sizeBytes = [descriptor, config, ...layers].reduce((sum, part) => sum + part.sizeBytes, 0)
  return { platform: descriptor.platform ?? platform, manifest: descriptor, config, sizeBytes, created }
}
