import { objectList, parseJsonObject, requiredString } from '../../ground/jsonValue.ts'
import { UntrustedError } from '../trustError.ts'

/** A signed in-toto statement, after DSSE v1.0. */
export interface DsseEnvelope {
  readonly payloadType: string
  readonly payload: Uint8Array
  /** One of them: cosign makes envelopes with one. */
  readonly signature: Uint8Array
}

export const STATEMENT_TYPE = 'application/vnd.in-toto+json'

/** The bytes that are signed for a payload: DSSE, "Pre-Authentication Encoding". */
export function encodePayload({ payloadType, payload }: Pick<DsseEnvelope, 'payloadType' | 'payload'>): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `
  return Buffer.concat([Buffer.from(head), payload])
}

export function formatEnvelope({ payloadType, payload, signature }: DsseEnvelope): Uint8Array {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  return Buffer.from(JSON.stringify({ payloadType, payload: base64(payload), signatures: [{ keyid: '', sig: base64(signature) }] }))
}

/** One for each signature. @throws InvalidValueError; UntrustedError */
export function parseEnvelope(bytes: Uint8Array): readonly DsseEnvelope[] {
  const object = parseJsonObject(Buffer.from(bytes).toString(), 'the signed envelope')
  const payloadType = requiredString(object, 'payloadType')
  if (payloadType !== STATEMENT_TYPE) throw new UntrustedError(`an envelope of another kind: ${payloadType}`)
  const payload = Buffer.from(requiredString(object, 'payload'), 'base64')
  return objectList(object, 'signatures').map((signature) => ({ payloadType, payload, signature: Buffer.from(requiredString(signature, 'sig'), 'base64') }))
}
