/*
 * Values of a hash table in the bytes of a Berkeley DB file (db_page.h of version 5.3): what rpm had before SQLite, in
 * CentOS 7, RHEL 8 and Amazon Linux 2. Pages that go on a value are looked at once, so it ends.
 */

const MAGIC = 0x00061561
const PAGE_HEADER_BYTES = 26
const PAGE = { unsortedHash: 2, overflow: 7, hash: 13 } as const
const ITEM = { inPage: 1, offPage: 3 } as const

interface BerkeleyFile {
  readonly bytes: Buffer
  readonly pageBytes: number
  readonly word: (at: number) => number
  readonly half: (at: number) => number
  readonly seen: Set<number>
}

/** Undefined where the bytes are no such table, or an encrypted one. Values that break off are left out. */
export function readBerkeleyValues(bytes: Uint8Array): Iterable<Uint8Array> | undefined {
  const file = openFile(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  return file === undefined ? undefined : valuesOf(file)
}

/** Words are in the byte order of the machine that made it. */
function openFile(bytes: Buffer): BerkeleyFile | undefined {
  if (bytes.byteLength < 512) return undefined
  const isLittle = bytes.readUInt32LE(12) === MAGIC
  if (!isLittle && bytes.readUInt32BE(12) !== MAGIC) return undefined
  const word = (at: number): number => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const half = (at: number): number => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const pageBytes = word(20)
  const isPlain = bytes[24] === 0 && pageBytes >= 512 && pageBytes <= 65_536 && (pageBytes & (pageBytes - 1)) === 0
  return isPlain ? { bytes, pageBytes, word, half, seen: new Set() } : undefined
}

function* valuesOf(file: BerkeleyFile): Generator<Uint8Array> {
  const { bytes, pageBytes } = file
  for (let start = pageBytes; start + pageBytes <= bytes.byteLength; start += pageBytes) {
    const type = bytes[start + 25]
    if (type === PAGE.hash || type === PAGE.unsortedHash) yield* valuesOfPage(file, start)
  }
}

/** Items are keys and values in turns; the first stands at the end of the page. */
function* valuesOfPage(file: BerkeleyFile, start: number): Generator<Uint8Array> {
  const { bytes, pageBytes, half } = file
  const count = Math.min(half(start + 20), Math.floor((pageBytes - PAGE_HEADER_BYTES) / 2))
  const offsetOf = (index: number): number => half(start + PAGE_HEADER_BYTES + 2 * index)
  for (let index = 1; index < count; index += 2) {
    const [offset, end] = [offsetOf(index), offsetOf(index - 1)]
    if (offset + 12 > pageBytes || end > pageBytes) continue
    const kind = bytes[start + offset]
    const value = kind === ITEM.inPage ? bytes.subarray(start + offset + 1, start + Math.max(end, offset + 1)) : kind === ITEM.offPage ? readChain(file, start + offset) : undefined
    if (value !== undefined) yield value
  }
}

/** A value that is too long for a page: its first page and its length are told. */
function readChain(file: BerkeleyFile, at: number): Uint8Array | undefined {
  const { bytes, pageBytes, word, half, seen } = file
  const parts: Uint8Array[] = []
  let [page, left] = [word(at + 4), word(at + 8)]
  while (left > 0) {
    const start = page * pageBytes
    if (page === 0 || start + pageBytes > bytes.byteLength || seen.has(page) || bytes[start + 25] !== PAGE.overflow) return undefined
    seen.add(page)
    const length = Math.min(left, half(start + 22), pageBytes - PAGE_HEADER_BYTES)
    if (length === 0) return undefined
    parts.push(bytes.subarray(start + PAGE_HEADER_BYTES, start + PAGE_HEADER_BYTES + length))
    left -= length
    page = word(start + 16)
  }
  return Buffer.concat(parts)
}
