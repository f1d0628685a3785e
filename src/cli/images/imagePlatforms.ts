import { choosePlatform, type Platform } from '../../ground/platform.ts'
import { viewImages, type ImageView } from '../../image/imageView.ts'
import { PlatformMissingError } from '../../registry/resolve.ts'
import type { OpenedImage } from './openedImage.ts'

/** One platform's image of what a command looks at. */
export interface PlatformImage {
  readonly platform: Platform
  readonly view: ImageView
}

/** What platforms are looked for in. */
export type ReadableImage = Pick<OpenedImage, 'name' | 'root' | 'store'>

/**
 * Of `image` the platforms that are `wanted`, each by its best match; all that are there where none is named. The
 * local store may have some of an image's platforms only.
 * @throws PlatformMissingError; ImageInvalidError
 */
export async function imagePlatforms({ store, root, name }: ReadableImage, wanted: readonly Platform[], signal: AbortSignal): Promise<readonly PlatformImage[]> {
  const here: PlatformImage[] = []
  for (const view of await viewImages(store, root, signal)) {
    if ((await store.sizeBytes(view.descriptor.digest, signal)) === undefined) continue
    here.push({ view, platform: view.descriptor.platform ?? (await view.config(signal)).platform })
  }
  const isAsked = new Set(wanted.map((platform) => choose(here, platform, name)))
  return wanted.length === 0 ? here : here.filter((image) => isAsked.has(image))
}

function choose(images: readonly PlatformImage[], wanted: Platform, name: string): PlatformImage {
  const chosen = choosePlatform(images, wanted)
  if (chosen !== undefined) return chosen
  throw new PlatformMissingError(
    name,
    wanted,
    images.map(({ platform }) => platform),
  )
}
