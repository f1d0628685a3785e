import { digestHex, digestOf, type Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import type { Reference } from '../../ground/reference.ts'
import type { Registry, Repository } from '../../registry/registry.ts'
import { attachLayer, fetchAttached, SIGNATURE_ANNOTATION } from '../attachedImage.ts'
import { readVouchers, voucherAnnotations, type Signature } from '../signatureImage.ts'
import { encodePayload, formatEnvelope, parseEnvelope, type DsseEnvelope } from './dsseEnvelope.ts'

/*
 * Signed attestations as cosign attaches them: the tag is `sha256-<hex>.att`, the layers are DSSE envelopes with in-toto
 * statements, and the annotations are a signature's, but for the signature, which is in the envelope.
 */

/** What came of reading one. */
export type ReadAttestation = { readonly kind: 'signed'; readonly signature: SignedEnvelope } | { readonly kind: 'unreadable'; readonly why: string }

/** A signature of an envelope. */
export interface SignedEnvelope extends Signature {
  readonly envelope: DsseEnvelope
}

const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json'
const PREDICATE_TYPE_ANNOTATION = 'predicateType'
/** Of a statement: an SBOM of ten thousand packages has some 10 MiB. */
export const MAX_STATEMENT_BYTES = 64 * 1024 * 1024
/** In base64, with what is around it. */
const MAX_ENVELOPE_BYTES = 2 * MAX_STATEMENT_BYTES

function attestationReference({ host, repository }: Repository, digest: Digest): Reference {
  return { host, repository, tag: `sha256-${digestHex(digest)}.att`, digest: undefined }
}

/** Those of the manifest `digest`, in the order in which they were made. @throws UntrustedError where what stands there is beyond bounds */
export async function fetchAttestations(registry: Registry, repository: Repository, digest: Digest, signal: AbortSignal): Promise<readonly ReadAttestation[]> {
  const attached = await fetchAttached(registry, attestationReference(repository, digest), { mediaType: ENVELOPE_TYPE, maxBytes: MAX_ENVELOPE_BYTES }, signal)
  return attached.flatMap(({ descriptor, bytes }): readonly ReadAttestation[] => {
    try {
      return parseEnvelope(bytes).map((envelope) => ({ kind: 'signed', signature: { payload: encodePayload(envelope), signature: envelope.signature, ...readVouchers(descriptor), envelope } }))
    } catch (error) {
      if (error instanceof BuildError) return [{ kind: 'unreadable', why: error.message }]
      throw error
    }
  })
}

/** Adds a signed statement to those of the manifest `digest`. */
export async function attachAttestation(registry: Registry, place: { readonly repository: Repository; readonly digest: Digest; readonly predicateType: string }, signature: SignedEnvelope, signal: AbortSignal): Promise<void> {
  const bytes = formatEnvelope(signature.envelope)
  const annotations = new Map([[SIGNATURE_ANNOTATION, ''], [PREDICATE_TYPE_ANNOTATION, place.predicateType], ...voucherAnnotations(signature)])
  await attachLayer(registry, attestationReference(place.repository, place.digest), { descriptor: { ...describeBlob(ENVELOPE_TYPE, digestOf(bytes), bytes.byteLength), annotations }, bytes }, signal)
}
