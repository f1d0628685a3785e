import { InvalidValueError } from '../../ground/errors.ts'
import { parseJsonObject, requiredNumber, requiredObject, requiredString } from '../../ground/jsonValue.ts'

/**
 * What a transparency log gives for an entry, as cosign keeps it beside a signature: the entry, when it was made, and
 * the log's own signature of both (Rekor's "signed entry timestamp").
 */
export interface Receipt {
  readonly signedEntryTimestamp: Uint8Array
  /** The entry as the log has it. */
  readonly body: Uint8Array
  /** Seconds since the epoch. */
  readonly integratedTime: number
  readonly logIndex: number
  /** SHA-256 of the log's key. */
  readonly logId: Uint8Array
}

export function formatReceipt({ signedEntryTimestamp, body, integratedTime, logIndex, logId }: Receipt): string {
  const payload = { body: Buffer.from(body).toString('base64'), integratedTime, logIndex, logID: Buffer.from(logId).toString('hex') }
  return JSON.stringify({ SignedEntryTimestamp: Buffer.from(signedEntryTimestamp).toString('base64'), Payload: payload })
}

/** @throws InvalidValueError */
export function parseReceipt(text: string): Receipt {
  const receipt = parseJsonObject(text, "the log's receipt")
  const payload = requiredObject(receipt, 'Payload')
  return {
    signedEntryTimestamp: Buffer.from(requiredString(receipt, 'SignedEntryTimestamp'), 'base64'),
    body: Buffer.from(requiredString(payload, 'body'), 'base64'),
    integratedTime: requiredNumber(payload, 'integratedTime'),
    logIndex: requiredNumber(payload, 'logIndex'),
    logId: Buffer.from(requiredString(payload, 'logID'), 'hex'),
  }
}

/** Kind and version of the entry, which say how it is to be read. @throws InvalidValueError */
export function entryKind({ body }: Receipt, kinds: readonly string[]): { readonly kind: string; readonly version: string } {
  const entry = parseJsonObject(Buffer.from(body).toString(), "the log's entry")
  const kind = { kind: requiredString(entry, 'kind'), version: requiredString(entry, 'apiVersion') }
  if (!kinds.includes(kind.kind)) throw new InvalidValueError(`the log's entry is of another kind: ${kind.kind}`)
  return kind
}
