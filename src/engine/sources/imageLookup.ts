import type { Digest } from '../../ground/digest.ts'
import type { Platform } from '../../ground/platform.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import { MAX_CONFIG_BYTES } from '../../image/imageConfigJson.ts'
import { readSmallBlob } from '../../image/imageView.ts'
import { findLayoutImage, LAYOUT_SCHEME, type LayoutImageSources } from '../images/layoutImages.ts'
import { findPlatformImage, type ImageSources, type ResolveMode } from '../images/imageResolver.ts'

/** What an image's name stands for on one platform. */
export interface LookedUpImage {
  /** In full, as it was looked up. */
  readonly name: string
  /** Of the index, or the manifest where there is none. */
  readonly digest: Digest
  /** The config as it is stored. */
  readonly config: Uint8Array
}

export interface ImageQuestion {
  readonly name: string
  readonly platform: Platform
  readonly mode: ResolveMode
}

/** Reads the config, and no layer. @throws InvalidValueError; PlatformMissingError; ImageNotFoundError */
export async function lookUpImage(sources: ImageSources, { name, platform, mode }: ImageQuestion, signal: AbortSignal): Promise<LookedUpImage> {
  const wanted = parseReference(name)
  const { root, manifestBody } = await findPlatformImage(sources, { reference: wanted, platform, mode }, signal)
  const config = await readSmallBlob(sources.content, manifestBody.config, MAX_CONFIG_BYTES, signal)
  return { name: formatReference(wanted), digest: root.digest, config }
}

/** As `lookUpImage`, of an OCI layout of the client: `[oci-layout://]store[:tag]@digest`. @throws InvalidValueError where the name has no digest; PlatformMissingError */
export async function lookUpLayoutImage(sources: Pick<LayoutImageSources, 'content' | 'blobsOf'>, { name, platform }: Omit<ImageQuestion, 'mode'>, signal: AbortSignal): Promise<LookedUpImage> {
  const { digest, configBytes } = await findLayoutImage(name, platform, sources, signal)
  return { name: name.replace(LAYOUT_SCHEME, ''), digest, config: configBytes }
}
