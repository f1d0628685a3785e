import { MAX_EXTENSION_BYTES, TarInvalidError } from '../tar.ts'
import { decimal, parsePaxRecords } from './paxRecords.ts'

/**
 * How long what follows each header of an archive is, where no more than that is asked: much sooner told than by reading
 * the archive as such. Whatever stands there is taken for a size, and what is none for 0.
 */
export interface EntrySizes {
  /** In bytes, not filled up to whole blocks. To be asked of each header in turn. */
  ofHeader(header: Uint8Array): number
  /** What comes behind the header that was asked of last, piece by piece: it may say how long the next entry is, which eleven octal digits can up to 8 GiB. */
  passContent(piece: Uint8Array): void
}

export function createEntrySizes(): EntrySizes {
  /** Of the header before, where it is one of records. */
  let records: Buffer | undefined
  let filled = 0
  return {
    ofHeader(header) {
      const sizeBytes = (records === undefined ? undefined : sizeRecord(records)) ?? sizeField(header)
      records = header[TYPE_OFFSET] === RECORDS_TYPE && sizeBytes <= MAX_EXTENSION_BYTES ? Buffer.alloc(sizeBytes) : undefined
      filled = 0
      return sizeBytes
    },
    passContent(piece) {
      if (records === undefined) return
      const part = piece.subarray(0, records.byteLength - filled)
      records.set(part, filled)
      filled += part.byteLength
    },
  }
}

const TYPE_OFFSET = 156
const RECORDS_TYPE = 'x'.charCodeAt(0)

function sizeRecord(records: Uint8Array): number | undefined {
  try {
    const value = parsePaxRecords(records).values.get('size')
    return value === undefined || value.byteLength === 0 ? undefined : decimal('size', value)
  } catch (error) {
    if (error instanceof TarInvalidError) return undefined
    throw error
  }
}

const SIZE_OFFSET = 124
const SIZE_END = 135
const DIGIT_ZERO = 0x30
/** GNU's way: the field is the number itself, of which the last six bytes say as much as there can be. */
const BINARY_MARK = 0x80

function sizeField(header: Uint8Array): number {
  if (((header[SIZE_OFFSET] ?? 0) & BINARY_MARK) !== 0) return Buffer.from(header.buffer, header.byteOffset).readUIntBE(SIZE_END - 5, 6)
  let sizeBytes = 0
  for (let at = SIZE_OFFSET; at < SIZE_END; at += 1) {
    const digit = (header[at] ?? 0) - DIGIT_ZERO
    if (digit < 0 || digit > 7) break
    sizeBytes = sizeBytes * 8 + digit
  }
  return sizeBytes
}
