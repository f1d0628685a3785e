import { digestHex, digestOf, type Digest } from '../ground/digest.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import type { Reference } from '../ground/reference.ts'
import type { Registry, Repository } from '../registry/registry.ts'
import { attachLayer, fetchAttached, SIGNATURE_ANNOTATION } from './attachedImage.ts'
import type { DsseEnvelope } from './attestation/dsseEnvelope.ts'

/*
 * Signatures as cosign attaches them and containers/image ("sigstore attachments") reads them: the tag is
 * `sha256-<hex>.sig`, the layers are the signed claims, each with its signature, and with the certificate and the log's
 * receipt where there are some, as annotations.
 */

export interface Signature {
  /** The signed bytes: a claim, or what DSSE makes of an envelope's payload. */
  readonly payload: Uint8Array
  readonly signature: Uint8Array
  /** PEM: who signed, where that is no key of its own, and those that vouch for it. */
  readonly certificate: string | undefined
  readonly chain: string | undefined
  /** The transparency log's receipt, as Rekor's client has it: JSON. */
  readonly receipt: string | undefined
  /** Where the payload is that of an envelope. */
  readonly envelope: DsseEnvelope | undefined
}

const CLAIM_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json'
const ANNOTATION = {
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  receipt: 'dev.sigstore.cosign/bundle',
} as const

/** A claim has a few hundred bytes. */
const MAX_CLAIM_BYTES = 64 * 1024

/** Where the signatures of the manifest `digest` stand. */
export function signatureReference({ host, repository }: Repository, digest: Digest): Reference {
  return { host, repository, tag: `sha256-${digestHex(digest)}.sig`, digest: undefined }
}

/** In the order in which they were made; none where there are none. @throws UntrustedError where what stands there is beyond bounds */
export async function fetchSignatures(registry: Registry, repository: Repository, digest: Digest, signal: AbortSignal): Promise<readonly Signature[]> {
  const attached = await fetchAttached(registry, signatureReference(repository, digest), { mediaType: CLAIM_TYPE, maxBytes: MAX_CLAIM_BYTES }, signal)
  return attached.flatMap(({ descriptor, bytes }) => {
    const signature = descriptor.annotations.get(SIGNATURE_ANNOTATION)
    return signature === undefined ? [] : [{ payload: bytes, signature: Buffer.from(signature, 'base64'), ...readVouchers(descriptor), envelope: undefined }]
  })
}

/** Adds a signature to those of the manifest `digest`, unless it stands there. Gives whether it was added. */
export async function attachSignature(registry: Registry, place: { readonly repository: Repository; readonly digest: Digest }, signature: Signature, signal: AbortSignal): Promise<boolean> {
  const { payload } = signature
  const annotations = new Map([[SIGNATURE_ANNOTATION, Buffer.from(signature.signature).toString('base64')], ...voucherAnnotations(signature)])
  const descriptor = { ...describeBlob(CLAIM_TYPE, digestOf(payload), payload.byteLength), annotations }
  return await attachLayer(registry, signatureReference(place.repository, place.digest), { descriptor, bytes: payload }, signal)
}

/** What stands beside a signature of who made it. */
export type Vouchers = Pick<Signature, 'certificate' | 'chain' | 'receipt'>

export function readVouchers({ annotations }: Descriptor): Vouchers {
  return { certificate: annotations.get(ANNOTATION.certificate), chain: annotations.get(ANNOTATION.chain), receipt: annotations.get(ANNOTATION.receipt) }
}

export function voucherAnnotations({ certificate, chain, receipt }: Vouchers): readonly (readonly [key: string, value: string])[] {
  return Object.entries({ certificate, chain, receipt }).flatMap(([name, text]) => (text === undefined ? [] : [[ANNOTATION[name as keyof typeof ANNOTATION], text] as const]))
}
