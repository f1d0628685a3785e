import type { Digest } from '../digest.ts'
import type { Platform } from '../platform.ts'

/** OCI image-spec, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly sizeBytes: number
  /** Only in an index; undefined where the index names none. */
  readonly platform: Platform | undefined
  readonly annotations: ReadonlyMap<string, string>
  readonly artifactType: string | undefined
}

/** A descriptor of which no more is known than what its bytes are. */
export function describeBlob(mediaType: string, digest: Digest, sizeBytes: number): Descriptor {
  return { mediaType, digest, sizeBytes, platform: undefined, annotations: new Map(), artifactType: undefined }
}
