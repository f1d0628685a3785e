import { platformMismatch, type ImageResolver, type ResolvedImage } from '../../dockerfile/lower.ts'
import { digestOf } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { emptyImageConfig, type ImageConfig } from '../../ground/oci/imageConfig.ts'

/** What is wrong with an image. */
export type ImageFault =
  | { readonly kind: 'missing'; readonly error: BuildError }
  /** It is for another platform, as only a base image may not be. */
  | { readonly kind: 'mismatch'; readonly config: ImageConfig }

/** A resolver that never fails for want of an image, so that all that are missing are told at once. */
export interface ForgivingResolver extends ImageResolver {
  /** Of an image that it gave; undefined where it is right. */
  faultOf(image: ResolvedImage): ImageFault | undefined
}

/** What it gives in the place of an image that is missing has no files and no config. */
export function forgive(resolver: ImageResolver): ForgivingResolver {
  const faults = new Map<ResolvedImage, ImageFault>()
  const withFault = (image: ResolvedImage, fault: ImageFault): ResolvedImage => {
    faults.set(image, fault)
    return image
  }
  return {
    async resolveImage(reference, platform, signal) {
      try {
        const image = await resolver.resolveImage(reference, platform, signal)
        if (platformMismatch(reference, image.config, platform) === undefined) return image
        return withFault({ ...image, config: { ...image.config, platform } }, { kind: 'mismatch', config: image.config })
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof BuildError)) throw error
        return withFault({ reference, manifest: digestOf(`missing ${reference}`), config: emptyImageConfig(platform) }, { kind: 'missing', error })
      }
    },
    faultOf: (image) => faults.get(image),
  }
}
