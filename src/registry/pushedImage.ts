import type { Digest } from '../ground/digest.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'

/** What the registry has now. */
export interface PushedImage {
  /** Not the root that was given where the registry does not take the image as it is. */
  readonly root: Descriptor
  /** What became of manifests and indexes that are others there, by their own digest. */
  readonly replaced: ReadonlyMap<Digest, Descriptor>
  /** What the user has to know of that, each one line. */
  readonly warnings: readonly string[]
}
