import { formatPlatform, type Platform } from '../../ground/platform.ts'
import type { ComparedImage } from '../../image/difference/imageDifference.ts'
import { imagePlatforms, type ReadableImage } from '../images/imagePlatforms.ts'

/** An image as it is compared; of some platforms only where `wanted` names them. @throws PlatformMissingError */
export async function readCompared(image: ReadableImage, wanted: readonly Platform[], signal: AbortSignal): Promise<ComparedImage> {
  const platforms = await imagePlatforms(image, wanted, signal)
  return { store: image.store, views: new Map(platforms.map(({ platform, view }) => [formatPlatform(platform), view])) }
}
