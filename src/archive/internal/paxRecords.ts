import { fromBytes } from '../../kit/byteString.ts'
import { TarInvalidError } from '../tar.ts'

/** Values by key, later ones replacing earlier ones; GNU.sparse 0.0 alone repeats keys, so its pairs are kept in order. */
export interface PaxRecords {
  readonly values: ReadonlyMap<string, Uint8Array>
  /** `GNU.sparse.offset` and `GNU.sparse.numbytes`, as they come. */
  readonly sparsePairs: readonly number[]
}

export const NO_RECORDS: PaxRecords = { values: new Map(), sparsePairs: [] }

/** POSIX pax: `<length> <key>=<value>\n`, again and again. @throws TarInvalidError */
export function parsePaxRecords(bytes: Uint8Array): PaxRecords {
  const values = new Map<string, Uint8Array>()
  const sparsePairs: number[] = []
  for (let offset = 0; offset < bytes.byteLength; ) {
    const record = parseRecord(bytes, offset)
    if (record.key === 'GNU.sparse.offset' || record.key === 'GNU.sparse.numbytes') sparsePairs.push(decimal(record.key, record.value))
    else values.set(record.key, record.value)
    offset = record.end
  }
  return { values, sparsePairs }
}

/** Own records beat global ones; an empty value takes a global one back. */
export function mergeRecords(global: PaxRecords, own: PaxRecords): PaxRecords {
  if (global.values.size === 0) return own
  return { values: new Map([...global.values, ...own.values]), sparsePairs: own.sparsePairs }
}

/** @throws TarInvalidError */
export function decimal(key: string, value: Uint8Array): number {
  const text = fromBytes(value)
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) throw new TarInvalidError(`tar record ${key} is no size: ${JSON.stringify(text)}`)
  return number
}

/** Seconds with decimals. @throws TarInvalidError */
export function parseTime(key: string, value: Uint8Array): bigint {
  const text = fromBytes(value)
  const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text)
  if (match === null) throw new TarInvalidError(`tar record ${key} is no time: ${JSON.stringify(text)}`)
  const [, sign = '', seconds = '', fraction = ''] = match
  const magnitude = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return sign === '-' ? -magnitude : magnitude
}

interface Record {
  readonly key: string
  readonly value: Uint8Array
  /** Offset of the next record. */
  readonly end: number
}

function parseRecord(bytes: Uint8Array, offset: number): Record {
  const blank = bytes.indexOf(0x20, offset)
  const length = blank < 0 || blank - offset > 10 ? NaN : Number(fromBytes(bytes.subarray(offset, blank)))
  const end = offset + length
  const equals = bytes.indexOf(0x3d, blank + 1)
  const isSound = Number.isInteger(length) && end <= bytes.byteLength && equals > blank && equals < end && bytes[end - 1] === 0x0a
  if (!isSound) throw new TarInvalidError('tar archive holds a malformed pax record')
  const key = Buffer.from(bytes.subarray(blank + 1, equals)).toString()
  const value = bytes.slice(equals + 1, end - 1)
  if (TEXT_KEYS.has(key) && value.includes(0)) throw new TarInvalidError(`tar record ${key} holds a NUL`)
  return { key, value, end }
}

const TEXT_KEYS: ReadonlySet<string> = new Set(['path', 'linkpath', 'uname', 'gname', 'GNU.sparse.name'])
