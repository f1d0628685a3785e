import type { Descriptor } from '../../ground/oci/descriptor.ts'

/** BuildKit's mark of an entry that is no image, but speaks of one in the same index. */
const TYPE_ANNOTATION = 'vnd.docker.reference.type'
const DIGEST_ANNOTATION = 'vnd.docker.reference.digest'

/** The digest of the image that an attestation in an index speaks of; undefined where the entry is no attestation. */
export function attestedDigest({ annotations }: Descriptor): string | undefined {
  return annotations.has(TYPE_ANNOTATION) ? (annotations.get(DIGEST_ANNOTATION) ?? '') : undefined
}
