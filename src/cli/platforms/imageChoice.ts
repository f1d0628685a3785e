import { isIndexType } from '../../ground/oci/mediaType.ts'
import type { Platform } from '../../ground/platform.ts'
import { readIndex, viewImage } from '../../image/imageView.ts'
import { isImage } from '../../registry/resolve.ts'
import type { OpenedImage } from '../images/openedImage.ts'
import type { ImageChoice } from './explanation.ts'
import { judgeImages, nearestPlatforms, type OfferedImage } from './matching.ts'

/** What `platform` gets of an image. Reads its index, or the config of one that is in none. */
export async function readImageChoice(image: OpenedImage, platform: Platform, signal: AbortSignal): Promise<ImageChoice> {
  const isIndex = isIndexType(image.root.mediaType)
  const offered = isIndex ? await readOffers(image, signal) : [{ digest: image.root.digest, platform: (await viewImage(image.store, image.root).config(signal)).platform }]
  const manifests = judgeImages(offered, platform)
  const isServed = manifests.some(({ isChosen }) => isChosen)
  return { name: image.name, from: image.from, isIndex, manifests, nearest: isServed ? [] : nearestPlatforms(offered.flatMap((one) => one.platform ?? []), platform) }
}

async function readOffers({ store, root }: OpenedImage, signal: AbortSignal): Promise<readonly OfferedImage[]> {
  return (await readIndex(store, root, signal)).manifests.filter(isImage)
}
