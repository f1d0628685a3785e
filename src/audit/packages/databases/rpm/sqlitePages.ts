/*
 * Rows of a table in the bytes of an SQLite file (sqlite.org/fileformat.html). SQLite itself is not let near it: the
 * schema of a database is code, and an image may say there what it likes. Each page is looked at once, so whatever
 * pointers lead where, it ends.
 */

export type SqliteValue = Uint8Array | string | number | undefined

const MAGIC = 'SQLite format 3\0'
const HEADER_BYTES = 100
const PAGE = { leaf: 13, interior: 5 } as const

/** Undefined where the bytes are no such database, or it has no such table. Rows that make no sense are left out. */
export function readSqliteTable(bytes: Uint8Array, table: string): Iterable<readonly SqliteValue[]> | undefined {
  const file = openFile(bytes)
  if (file === undefined) return undefined
  for (const [type, name, , root] of rowsUnder(file, 1)) if (type === 'table' && name === table && typeof root === 'number') return rowsUnder(file, root)
  return undefined
}

interface SqliteFile {
  readonly bytes: Buffer
  readonly pageBytes: number
  /** Without what is reserved at the end of each page. */
  readonly usableBytes: number
  readonly seen: Set<number>
}

function openFile(bytes: Uint8Array): SqliteFile | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.byteLength < HEADER_BYTES || buffer.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  const size = buffer.readUInt16BE(16)
  const pageBytes = size === 1 ? 65_536 : size
  const usableBytes = pageBytes - (buffer[20] ?? 0)
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0 || usableBytes < 480) return undefined
  return { bytes: buffer, pageBytes, usableBytes, seen: new Set() }
}

/** Counted from 1. Undefined past the end, and where it has been looked at before. */
function takePage({ bytes, pageBytes, seen }: SqliteFile, page: number): Buffer | undefined {
  if (page < 1 || page * pageBytes > bytes.byteLength || seen.has(page)) return undefined
  seen.add(page)
  return bytes.subarray((page - 1) * pageBytes, page * pageBytes)
}

/** The leaves of a table's tree, in order. */
function* rowsUnder(file: SqliteFile, root: number): Generator<readonly SqliteValue[]> {
  const open = [root]
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    const page = takePage(file, number)
    if (page === undefined) continue
    const start = number === 1 ? HEADER_BYTES : 0
    const type = page[start]
    if (type === PAGE.interior) open.push(page.readUInt32BE(start + 8), ...cellsOf(page, start, 12).map((cell) => page.readUInt32BE(cell)).reverse())
    else if (type === PAGE.leaf) for (const cell of cellsOf(page, start, 8)) yield* rowAt(file, page, cell)
  }
}

/** Where the cells of a page begin; 16 bytes are left behind each, so that what has a fixed size can be read. */
function cellsOf(page: Buffer, start: number, headerBytes: number): readonly number[] {
  const count = Math.min(page.readUInt16BE(start + 3), Math.floor((page.byteLength - start - headerBytes) / 2))
  return Array.from({ length: count }, (_, index) => page.readUInt16BE(start + headerBytes + 2 * index)).filter((cell) => cell + 4 <= page.byteLength)
}

function* rowAt(file: SqliteFile, page: Buffer, cell: number): Generator<readonly SqliteValue[]> {
  const size = readVarint(page, cell)
  const rowId = readVarint(page, size.end)
  const payload = readPayload(file, page.subarray(rowId.end), size.value)
  const row = payload === undefined ? undefined : parseRecord(payload)
  if (row !== undefined) yield row
}

/** A payload that is too long for its page goes on in others: "Cell Payload Overflow Pages". */
function readPayload(file: SqliteFile, cell: Buffer, sizeBytes: number): Buffer | undefined {
  const { usableBytes, bytes } = file
  if (sizeBytes > bytes.byteLength) return undefined
  if (sizeBytes <= usableBytes - 35) return cell.byteLength < sizeBytes ? undefined : cell.subarray(0, sizeBytes)
  const least = Math.floor(((usableBytes - 12) * 32) / 255) - 23
  const wanted = least + ((sizeBytes - least) % (usableBytes - 4))
  const localBytes = wanted <= usableBytes - 35 ? wanted : least
  if (cell.byteLength < localBytes + 4) return undefined
  const parts = [cell.subarray(0, localBytes)]
  let next = cell.readUInt32BE(localBytes)
  for (let rest = sizeBytes - localBytes; rest > 0; rest -= usableBytes - 4) {
    const page = takePage(file, next)
    if (page === undefined) return undefined
    parts.push(page.subarray(4, Math.min(usableBytes, 4 + rest)))
    next = page.readUInt32BE(0)
  }
  return Buffer.concat(parts)
}

/** "Record Format" */
function parseRecord(payload: Buffer): readonly SqliteValue[] | undefined {
  const header = readVarint(payload, 0)
  if (header.value > payload.byteLength) return undefined
  const values: SqliteValue[] = []
  let [at, body] = [header.end, header.value]
  while (at < header.value) {
    const type = readVarint(payload, at)
    const sizeBytes = sizeOfType(type.value)
    if (body + sizeBytes > payload.byteLength) return undefined
    values.push(valueOf(type.value, payload.subarray(body, body + sizeBytes)))
    at = type.end
    body += sizeBytes
  }
  return values
}

function sizeOfType(type: number): number {
  return type >= 12 ? Math.floor((type - 12) / 2) : (FIXED_SIZES[type] ?? 0)
}

/** Of NULL, six integers, a float, 0, 1, and two that are never in a file. */
const FIXED_SIZES: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0]

function valueOf(type: number, bytes: Buffer): SqliteValue {
  if (type >= 12) return type % 2 === 0 ? bytes : bytes.toString()
  if (type >= 1 && type <= 5) return bytes.readIntBE(0, bytes.byteLength)
  if (type === 6) return Number(bytes.readBigInt64BE())
  if (type === 7) return bytes.readDoubleBE()
  return type === 8 ? 0 : type === 9 ? 1 : undefined
}

/** Up to nine bytes, the high bits first; past the end it is 0. Inexact past 2^53, where no size reaches. */
function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes[at + index] ?? 0
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value, end: at + index + 1 }
  }
  return { value: value * 256 + (bytes[at + 8] ?? 0), end: at + 9 }
}
