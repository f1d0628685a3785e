import { createHash, type KeyObject } from 'node:crypto'
import type { SignatureBundle, VerificationMaterial } from '@sigstore/sign'
import { BuildError } from '../../ground/errors.ts'
import type { DsseEnvelope } from '../attestation/dsseEnvelope.ts'
import type { Signature } from '../signatureImage.ts'
import { formatReceipt, type Receipt } from './receipt.ts'

export interface IdentityServices {
  /** Gives a certificate for a few minutes to who has the token: Fulcio. */
  readonly authorityUrl: string
  /** Keeps what was signed, for all to see: Rekor. */
  readonly logUrl: string
}

/** Fulcio or Rekor said no, or cannot be reached. */
export class SigningServiceError extends BuildError {
  readonly kind = 'unavailable'
}

const TIMEOUT_MS = 30_000
const RETRIES = 2

/** Signs as who the OIDC token says, with a key that lives as long as the call, and enters it in the log. @throws SigningServiceError */
export async function sealByIdentity({ payload, enveloped }: Sealed, token: string, { authorityUrl, logUrl }: IdentityServices): Promise<Signature> {
  const { FulcioSigner } = await import('@sigstore/sign')
  const signer = new FulcioSigner({ fulcioBaseURL: authorityUrl, identityProvider: { getToken: async () => token }, timeout: TIMEOUT_MS, retry: RETRIES })
  const { signature, key } = await signer.sign(Buffer.from(payload)).catch((error: unknown) => {
    throw new SigningServiceError(`no certificate was given by ${authorityUrl}: ${reasonOf(error, token)}`, { hint: 'look at --fulcio-url, and whether the identity token is still good', cause: withoutToken(error, token) })
  })
  if (key.$case !== 'x509Certificate') throw new TypeError('an identity signs with a certificate')
  const receipt = await enterInLog({ payload, enveloped, signature, verifier: key.certificate }, logUrl)
  return { payload, signature, certificate: key.certificate, chain: undefined, receipt: formatReceipt(receipt), envelope: enveloped === undefined ? undefined : { ...enveloped, signature } }
}

/** Enters a signature by a key in the log. @throws SigningServiceError */
export async function enterKeySignature({ payload, enveloped }: Sealed, signature: Uint8Array, key: KeyObject, logUrl: string): Promise<string> {
  return formatReceipt(await enterInLog({ payload, enveloped, signature, verifier: String(key.export({ type: 'spki', format: 'pem' })) }, logUrl))
}

/** What is signed. */
export interface Sealed {
  readonly payload: Uint8Array
  /** Where the payload is what DSSE makes of it. */
  readonly enveloped: Pick<DsseEnvelope, 'payload' | 'payloadType'> | undefined
}

interface LogEntry extends Sealed {
  readonly signature: Uint8Array
  /** PEM: the certificate, or the key. */
  readonly verifier: string
}

async function enterInLog({ payload, enveloped, signature, verifier }: LogEntry, logUrl: string): Promise<Receipt> {
  const [{ RekorWitness }, { HashAlgorithm }] = await Promise.all([import('@sigstore/sign'), import('@sigstore/protobuf-specs')])
  const digest = createHash('sha256').update(payload).digest()
  const content: SignatureBundle = enveloped !== undefined ? { $case: 'dsseEnvelope', dsseEnvelope: { payloadType: enveloped.payloadType, payload: Buffer.from(enveloped.payload), signatures: [{ keyid: '', sig: Buffer.from(signature) }] } } : { $case: 'messageSignature', messageSignature: { messageDigest: { algorithm: HashAlgorithm.SHA2_256, digest }, signature: Buffer.from(signature) } }
  const witness = new RekorWitness({ rekorBaseURL: logUrl, entryType: undefined as never, timeout: TIMEOUT_MS, retry: RETRIES })
  const material = await witness.testify(content, verifier).catch((error: unknown) => {
    throw new SigningServiceError(`the signature was not entered in the log ${logUrl}: ${reasonOf(error, '')}`, { hint: 'look at --rekor-url', cause: error })
  })
  return receiptOf(material, logUrl)
}

function receiptOf({ tlogEntries = [] }: VerificationMaterial, logUrl: string): Receipt {
  const [entry] = tlogEntries
  const promise = entry?.inclusionPromise?.signedEntryTimestamp
  if (entry === undefined || promise === undefined) throw new SigningServiceError(`the log ${logUrl} gave no signed timestamp`)
  return { signedEntryTimestamp: promise, body: entry.canonicalizedBody, integratedTime: Number(entry.integratedTime), logIndex: Number(entry.logIndex), logId: entry.logId.keyId }
}

/** The innermost reason; what a library says of a token may hold it. */
function reasonOf(error: unknown, token: string): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const message = cause instanceof Error ? cause.message : String(cause)
  return token === '' ? message : message.replaceAll(token, '…')
}

function withoutToken(error: unknown, token: string): Error {
  return new Error(reasonOf(error, token))
}
