import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'

/** BuildKit's mark of an entry that is no image, but speaks of one in the same index. */
const TYPE_ANNOTATION = 'vnd.docker.reference.type'
const DIGEST_ANNOTATION = 'vnd.docker.reference.digest'

/** The digest of the image that an attestation in an index speaks of; undefined where the entry is no attestation. */
export function attestedDigest({ annotations }: Descriptor): string | undefined {
  return annotations.has(TYPE_ANNOTATION) ? (annotations.get(DIGEST_ANNOTATION) ?? '') : undefined
}

/** Those of an entry that speaks of the image `digest`. */
export function attestationAnnotations(digest: Digest): ReadonlyMap<string, string> {
  return new Map([[DIGEST_ANNOTATION, digest], [TYPE_ANNOTATION, 'attestation-manifest']])
}

/** in-toto's, of a layer of such a manifest: what its statement says. */
export const PREDICATE_TYPE_ANNOTATION = 'in-toto.io/predicate-type'
