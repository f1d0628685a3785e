import { asByteString, fromBytes, type ByteString } from '../../kit/byteString.ts'
import { TarInvalidError } from '../tar.ts'

/** The fields of one 512-byte header as they stand: POSIX ustar, with GNU's and V7's ways of filling it in. */
export interface RawHeader {
  readonly typeFlag: string
  readonly path: ByteString
  readonly linkName: ByteString
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  readonly mtimeSeconds: number
  readonly deviceMajor: number
  readonly deviceMinor: number
  readonly isGnu: boolean
}

/** Undefined for a block of zeros. @throws TarInvalidError where the checksum or a number is wrong */
export function parseRawHeader(block: Uint8Array): RawHeader | undefined {
  if (!hasChecksum(block)) {
    if (block.every((byte) => byte === 0)) return undefined
    throw new TarInvalidError('not a tar archive, or a damaged one: a header has the wrong checksum')
  }
  const magic = fromBytes(block.subarray(257, 265))
  const isUstar = magic.startsWith('ustar\0')
  const isGnu = magic === 'ustar  \0'
  const prefix = isUstar ? text(block, 345, fromBytes(block.subarray(508, 512)) === 'tar\0' ? 131 : 155) : ''
  const name = text(block, 0, 100)
  return {
    typeFlag: String.fromCharCode(block[156] ?? 0),
    path: prefix === '' ? name : asByteString(`${prefix}/${name}`),
    linkName: text(block, 157, 100),
    mode: number(block, 100, 8),
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    sizeBytes: sizeAt(block, 124, 12),
    mtimeSeconds: number(block, 136, 12),
    deviceMajor: isUstar || isGnu ? number(block, 329, 8) : 0,
    deviceMinor: isUstar || isGnu ? number(block, 337, 8) : 0,
    isGnu,
  }
}

/** @throws TarInvalidError where the number is no size */
export function sizeAt(block: Uint8Array, offset: number, length: number): number {
  const value = number(block, offset, length)
  if (value < 0) throw new TarInvalidError(`tar header holds a negative size: ${value}`)
  return value
}

function text(block: Uint8Array, offset: number, length: number): ByteString {
  const end = block.subarray(offset, offset + length).indexOf(0)
  return fromBytes(block.subarray(offset, end < 0 ? offset + length : offset + end))
}

/** Octal digits, or GNU's base 256: the first byte 0x80, or 0xff for negative ones. */
function number(block: Uint8Array, offset: number, length: number): number {
  const first = block[offset] ?? 0
  if ((first & 0x80) !== 0) return base256(block.subarray(offset, offset + length))
  const plain = plainOctal(block, offset, length)
  if (plain !== undefined) return plain
  const digits = fromBytes(block.subarray(offset, offset + length)).replaceAll(/^[ \0]+|[ \0]+$/g, '').replace(/\0.*$/s, '')
  if (digits === '') return 0
  if (!/^[0-7]+$/.test(digits)) throw new TarInvalidError(`tar header holds ${JSON.stringify(digits)} where an octal number should be`)
  return parseInt(digits, 8)
}

/** Digits and then blanks or zero bytes, as nearly all fields are written; undefined for all else. */
function plainOctal(block: Uint8Array, offset: number, length: number): number | undefined {
  let value = 0
  let index = offset
  const end = offset + length
  for (; index < end; index++) {
    const digit = (block[index] ?? 0) - DIGIT_ZERO
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  if (index === offset) return undefined
  for (; index < end; index++) if (block[index] !== 0 && block[index] !== BLANK) return undefined
  return value
}

const DIGIT_ZERO = 0x30
const BLANK = 0x20

function base256(field: Uint8Array): number {
  const bits = BigInt(field.byteLength * 8)
  const unsigned = BigInt(`0x${Buffer.from(field).toString('hex')}`) & ~(1n << (bits - 1n))
  const isNegative = ((field[0] ?? 0) & 0x40) !== 0
  const value = isNegative ? unsigned - (1n << (bits - 1n)) : unsigned
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)) throw new TarInvalidError(`tar header holds a number that is too large: ${value}`)
  return Number(value)
}

const CHECKSUM = { start: 148, end: 156 }

/** The sum of all bytes, its own field taken as blanks; some old programs summed signed bytes. */
function hasChecksum(block: Uint8Array): boolean {
  let unsigned = (CHECKSUM.end - CHECKSUM.start) * BLANK
  let high = 0
  const add = (start: number, end: number): void => {
    for (let index = start; index < end; index++) {
      const byte = block[index] ?? 0
      unsigned += byte
      high += byte >> 7
    }
  }
  add(0, CHECKSUM.start)
  add(CHECKSUM.end, block.byteLength)
  const written = plainOctal(block, CHECKSUM.start, CHECKSUM.end - CHECKSUM.start) ?? parseInt(fromBytes(block.subarray(CHECKSUM.start, CHECKSUM.end)).replaceAll(/[ \0]/g, ''), 8)
  return written === unsigned || written === unsigned - high * 256
}
