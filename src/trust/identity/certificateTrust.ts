import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import type { SerializedBundle } from '@sigstore/bundle'
import type { TrustMaterial } from '@sigstore/verify'
import { BuildError } from '../../ground/errors.ts'
import { parseJsonObject } from '../../ground/jsonValue.ts'
import type { FindSigner } from '../judgeSignature.ts'
import type { Signature } from '../signatureImage.ts'
import { UntrustedError } from '../trustError.ts'
import { entryKind, parseReceipt } from './receipt.ts'

/** Who counts. `undefined` is anyone. */
export interface WantedIdentity {
  readonly subject: (name: string) => boolean
  readonly issuer: (url: string) => boolean
  /** For errors. */
  readonly description: string
}

/** Whom to believe about who signed, authorities for certificates and logs: the trusted root of sigstore, as its clients keep it, JSON. `name` is the file's. @throws UntrustedError */
export async function parseTrustedRoot(text: string, name: string): Promise<TrustMaterial> {
  const [{ TrustedRoot }, { toTrustMaterial }] = await Promise.all([import('@sigstore/protobuf-specs'), import('@sigstore/verify')])
  const object = parseJsonObject(text, name)
  try {
    return toTrustMaterial(TrustedRoot.fromJSON(Object.fromEntries(object.fields)))
  } catch (error) {
    throw new UntrustedError(`${name} is no trusted root of sigstore`, { cause: error })
  }
}

/**
 * `root` with other authorities and other logs for signatures: PEM of the authority with its intermediates, and of the
 * logs' keys. What the root says of logs of certificates holds. @throws UntrustedError
 */
export async function replaceAuthority(root: TrustMaterial, authority: string, logKeys: readonly string[]): Promise<TrustMaterial> {
  const [{ TrustedRoot }, { toTrustMaterial }] = await Promise.all([import('@sigstore/protobuf-specs'), import('@sigstore/verify')])
  const always = { start: new Date(0).toISOString() }
  try {
    const certificates = (authority.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []).map((pem) => ({ rawBytes: new X509Certificate(pem).raw.toString('base64') }))
    const tlogs = logKeys.map((pem) => {
      const der = createPublicKey(pem).export({ type: 'spki', format: 'der' })
      return { baseUrl: '', hashAlgorithm: 'SHA2_256', publicKey: { rawBytes: der.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: always }, logId: { keyId: createHash('sha256').update(der).digest('base64') } }
    })
    const { certificateAuthorities, tlogs: logs } = toTrustMaterial(TrustedRoot.fromJSON({ certificateAuthorities: [{ uri: '', certChain: { certificates }, validFor: always }], tlogs, ctlogs: [], timestampAuthorities: [] }))
    return { ...root, certificateAuthorities, tlogs: logs }
  } catch (error) {
    throw new UntrustedError('the certificates and keys of the policy cannot be read', { cause: error })
  }
}

/** Signatures by a certificate that an authority gave to a wanted identity, entered in a log while it was good. */
export async function byIdentity(material: TrustMaterial, wanted: WantedIdentity): Promise<FindSigner> {
  const [{ bundleFromJSON }, { toSignedEntity, Verifier }] = await Promise.all([import('@sigstore/bundle'), import('@sigstore/verify')])
  const verifier = new Verifier(material, { tlogThreshold: 1, ctlogThreshold: 1 })
  return (signature) => {
    if (signature.certificate === undefined || signature.receipt === undefined) return { why: 'made with a key, and not by an identity' }
    try {
      const bundle = bundleFromJSON(toBundle(signature))
      const { identity } = verifier.verify(toSignedEntity(bundle, artifactOf(signature)))
      const [subject, issuer] = [identity?.subjectAlternativeName ?? '', identity?.extensions?.issuer ?? '']
      if (!wanted.subject(subject) || !wanted.issuer(issuer)) return { why: `made by ${subject} of ${issuer}, and not by ${wanted.description}` }
      return { signer: `${subject} of ${issuer}` }
    } catch (error) {
      if (isVerdict(error)) return { why: error.message }
      throw error
    }
  }
}

/** An envelope has what is signed in itself. */
function artifactOf({ payload, envelope }: Signature): Buffer | undefined {
  return envelope === undefined ? Buffer.from(payload) : undefined
}

/** What the libraries throw of a signature; their errors have codes. */
function isVerdict(error: unknown): error is Error {
  return error instanceof BuildError || (error instanceof Error && ('code' in error || error.name === 'ValidationError' || error instanceof SyntaxError))
}

/** As sigstore's libraries take it: the form of bundles that needs a log's promise, and no proof. */
function toBundle({ payload, signature, certificate = '', receipt = '', envelope }: Signature): SerializedBundle {
  const entry = parseReceipt(receipt)
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes: new X509Certificate(certificate).raw.toString('base64') }] },
      tlogEntries: [
        {
          logIndex: String(entry.logIndex),
          logId: { keyId: base64(entry.logId) },
          kindVersion: entryKind(entry, envelope === undefined ? ['hashedrekord'] : ['dsse', 'intoto']),
          integratedTime: String(entry.integratedTime),
          inclusionPromise: { signedEntryTimestamp: base64(entry.signedEntryTimestamp) },
          inclusionProof: undefined,
          canonicalizedBody: base64(entry.body),
        },
      ],
      timestampVerificationData: undefined,
      publicKey: undefined,
      certificate: undefined,
    },
    ...(envelope === undefined
      ? { messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update(payload).digest('base64') }, signature: base64(signature) }, dsseEnvelope: undefined }
      : { messageSignature: undefined, dsseEnvelope: { payload: base64(envelope.payload), payloadType: envelope.payloadType, signatures: [{ keyid: '', sig: base64(signature) }] } }),
  }
}
