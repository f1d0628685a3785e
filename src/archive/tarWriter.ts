import { asByteString, fromBytes, fromText, isAscii, type ByteString } from '../kit/byteString.ts'
import { newBuffers, type ChunkBuffers, type MakeBuffers } from '../kit/streams/chunkBuffers.ts'
import { BLOCK_BYTES, XATTR_RECORD_PREFIX, type TarEntry, type TarHeader, type TarKind } from './tar.ts'

export interface TarOptions {
  /** What chunks stand in where they are gathered; content that comes in large pieces stands where it comes in. Undefined gives each memory of its own. */
  readonly buffers?: MakeBuffers | undefined
}

/**
 * The archive of `entries`, in their order: the same entries give the same bytes, those that Go's archive/tar writes in
 * its PAX format, as Docker's and BuildKit's layers are. A record goes before an entry only where ustar cannot say it.
 * @throws Error where content is not as long as its header says
 */
export async function* writeTar(entries: AsyncIterable<TarEntry> | Iterable<TarEntry>, { buffers }: TarOptions = {}): AsyncGenerator<Uint8Array> {
  const output = createCoalescer(buffers === undefined ? newBuffers(CHUNK_BYTES) : buffers(LARGE_CHUNK_BYTES))
  for await (const { header, content, fill } of entries) {
    yield* pushHeader(header, output)
    if (header.kind === 'file' && header.sizeBytes > 0) {
      if (fill !== undefined && header.sizeBytes <= output.chunkBytes) fill(yield* output.reserve(header.sizeBytes))
      else yield* copyContent(header, content, output)
      yield* output.push(ZEROS.subarray(0, -header.sizeBytes & (BLOCK_BYTES - 1)))
    }
  }
  yield* output.push(ZEROS)
  yield* output.flush()
}

async function* copyContent({ path, sizeBytes }: TarHeader, content: AsyncIterable<Uint8Array>, output: Coalescer): AsyncGenerator<Uint8Array> {
  if (sizeBytes >= PASS_BYTES) yield* output.flush() // before content comes that may stand where an earlier chunk has stood
  let written = 0
  for await (const chunk of content) {
    written += chunk.byteLength
    if (written > sizeBytes) break
    yield* output.push(chunk)
  }
  if (written !== sizeBytes) throw new Error(`content of ${JSON.stringify(path)} is not ${sizeBytes} bytes long`)
}

/** Header blocks of one entry: a PAX record's, where needed, and its own, which most entries have alone, so that it takes no memory of its own. */
function* pushHeader(header: TarHeader, output: Coalescer): Generator<Uint8Array> {
  const path = header.kind === 'folder' && !header.path.endsWith('/') ? asByteString(`${header.path}/`) : header.path
  const records = paxRecords(header, path)
  if (records !== '') yield* output.push(formatRecordBlocks(path, records))
  writeOwnHeader((yield* output.reserve(BLOCK_BYTES)).fill(0), path, header)
}

function formatRecordBlocks(path: ByteString, records: ByteString): Uint8Array {
  const blocks = Buffer.alloc(BLOCK_BYTES + padded(records.length))
  writeRecordsHeader(blocks.subarray(0, BLOCK_BYTES), path, records.length)
  blocks.write(records, BLOCK_BYTES, 'latin1')
  return blocks
}

function writeOwnHeader(block: Buffer, path: ByteString, header: TarHeader): void {
  writeName(block, FIELD.name, path)
  writeOctal(block, FIELD.mode, header.mode & 0o7777)
  writeOctal(block, FIELD.uid, header.uid)
  writeOctal(block, FIELD.gid, header.gid)
  writeOctal(block, FIELD.size, header.kind === 'file' ? header.sizeBytes : 0)
  writeOctal(block, FIELD.mtime, Number(floorSeconds(header.mtimeNs)))
  block.write(TYPE_FLAGS[header.kind], FIELD.type.offset, 'latin1')
  writeName(block, FIELD.linkName, header.linkTarget)
  writeOctal(block, FIELD.deviceMajor, header.deviceMajor)
  writeOctal(block, FIELD.deviceMinor, header.deviceMinor)
  seal(block)
}

interface Field {
  readonly offset: number
  readonly length: number
}

const FIELD = {
  name: { offset: 0, length: 100 },
  mode: { offset: 100, length: 8 },
  uid: { offset: 108, length: 8 },
  gid: { offset: 116, length: 8 },
  size: { offset: 124, length: 12 },
  mtime: { offset: 136, length: 12 },
  checksum: { offset: 148, length: 8 },
  type: { offset: 156, length: 1 },
  linkName: { offset: 157, length: 100 },
  magic: { offset: 257, length: 8 },
  deviceMajor: { offset: 329, length: 8 },
  deviceMinor: { offset: 337, length: 8 },
} as const satisfies Record<string, Field>

const TYPE_FLAGS: Readonly<Record<TarKind, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  folder: '5',
  fifo: '6',
}

/** The records that ustar's fields cannot hold, sorted by key; '' for none. */
function paxRecords(header: TarHeader, path: ByteString): ByteString {
  const records: [key: ByteString, value: string][] = []
  const add = (key: string, value: string): void => void records.push([asByteString(key), value])
  if (!fitsName(path)) add('path', path)
  if (!fitsName(header.linkTarget)) add('linkpath', header.linkTarget)
  if (header.kind === 'file' && !fitsOctal(header.sizeBytes, FIELD.size)) add('size', String(header.sizeBytes))
  if (!fitsOctal(header.uid, FIELD.uid)) add('uid', String(header.uid))
  if (!fitsOctal(header.gid, FIELD.gid)) add('gid', String(header.gid))
  if (header.mtimeNs % NS_PER_SECOND !== 0n || !fitsOctal(Number(floorSeconds(header.mtimeNs)), FIELD.mtime)) add('mtime', formatTime(header.mtimeNs))
  for (const [name, value] of header.xattrs) records.push([fromText(`${XATTR_RECORD_PREFIX}${name}`), fromBytes(value)])
  return asByteString(records.sort(([a], [b]) => (a < b ? -1 : 1)).map(formatRecord).join(''))
}

/** `<length> <key>=<value>\n`, the length counting its own digits. */
function formatRecord([key, value]: readonly [key: ByteString, value: string]): string {
  const rest = key.length + value.length + 3 // blank, '=' and newline
  let length = rest + String(rest).length
  length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

/** The `x` header, named as Go does. */
function writeRecordsHeader(block: Buffer, path: ByteString, sizeBytes: number): void {
  const slash = path.lastIndexOf('/')
  const folder = path.slice(0, slash + 1)
  const name = `${folder}PaxHeaders.0/${path.slice(slash + 1)}`.replaceAll(/\/{2,}/g, '/')
  block.write(asciiOnly(name).slice(0, FIELD.name.length).replace(/\/+$/, ''), FIELD.name.offset, 'latin1')
  for (const field of [FIELD.mode, FIELD.uid, FIELD.gid, FIELD.mtime]) writeOctal(block, field, 0)
  writeOctal(block, FIELD.size, sizeBytes)
  block.write('x', FIELD.type.offset, 'latin1')
  seal(block)
}

/** Magic and checksum, after all else. */
function seal(block: Buffer): void {
  block.write('ustar\u000000', FIELD.magic.offset, 'latin1')
  block.fill(0x20, FIELD.checksum.offset, FIELD.checksum.offset + FIELD.checksum.length)
  let sum = 0
  for (let at = 0; at < BLOCK_BYTES; at += 1) sum += block[at] ?? 0 // an iterator takes several times longer, twice a file
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, FIELD.checksum.offset, 'latin1')
}

/** As much as fits: where it does not, a record has it in full. */
function writeName(block: Buffer, { offset, length }: Field, name: ByteString): void {
  const ascii = asciiOnly(name)
  // a file must not look like a folder because its name was cut behind a slash
  block.write(ascii.length > length ? ascii.slice(0, length).replace(/\/+$/, '') : ascii, offset, 'latin1')
}

function writeOctal(block: Buffer, field: Field, value: number): void {
  let rest = fitsOctal(value, field) ? value : 0
  for (let at = field.offset + field.length - 2; at >= field.offset; at -= 1) {
    block[at] = DIGIT_ZERO + (rest % 8)
    rest = Math.floor(rest / 8)
  }
}

function fitsName(name: ByteString): boolean {
  return name.length <= FIELD.name.length && isAscii(name)
}

function fitsOctal(value: number, { length }: Field): boolean {
  return value >= 0 && value < 8 ** (length - 1)
}

function asciiOnly(name: string): string {
  return isPlain(name) ? name : name.replaceAll(/[^\x01-\x7f]/g, '')
}

function isPlain(name: string): boolean {
  return /^[\x01-\x7f]*$/.test(name)
}

const DIGIT_ZERO = 0x30
const NS_PER_SECOND = 1_000_000_000n

function floorSeconds(ns: bigint): bigint {
  const remainder = ns % NS_PER_SECOND
  return (ns - (remainder < 0n ? remainder + NS_PER_SECOND : remainder)) / NS_PER_SECOND
}

/** Seconds with as many decimals as are needed. */
function formatTime(ns: bigint): string {
  const magnitude = ns < 0n ? -ns : ns
  const fraction = String(magnitude % NS_PER_SECOND).padStart(9, '0').replace(/0+$/, '')
  return `${ns < 0n ? '-' : ''}${magnitude / NS_PER_SECOND}${fraction === '' ? '' : `.${fraction}`}`
}

function padded(sizeBytes: number): number {
  return sizeBytes + (-sizeBytes & (BLOCK_BYTES - 1))
}

/** Two blocks: what an archive ends with. */
const ZEROS = new Uint8Array(2 * BLOCK_BYTES)

/** Gathers small pieces, so that thousands of small files do not become three chunks each; passes large ones as they are. */
interface Coalescer {
  /** No chunk that it gathers is longer. */
  readonly chunkBytes: number
  push(piece: Uint8Array): Iterable<Uint8Array>
  /** Room for no more than `chunkBytes`, to be filled before anything else is asked. */
  reserve(sizeBytes: number): Generator<Uint8Array, Buffer>
  flush(): Iterable<Uint8Array>
}

const CHUNK_BYTES = 128 * 1024
/** Of buffers that are used again: each chunk is handed from thread to thread. */
const LARGE_CHUNK_BYTES = 1024 * 1024
const PASS_BYTES = 32 * 1024

function createCoalescer(buffers: ChunkBuffers): Coalescer {
  let buffer: Buffer | undefined
  let filled = 0
  const coalescer: Coalescer = {
    chunkBytes: buffers.sizeBytes,
    *push(piece) {
      if (piece.byteLength >= PASS_BYTES) {
        yield* coalescer.flush()
        yield piece
      } else {
        const room = yield* coalescer.reserve(piece.byteLength)
        room.set(piece)
      }
    },
    *reserve(sizeBytes) {
      if (filled + sizeBytes > buffers.sizeBytes) yield* coalescer.flush()
      buffer ??= buffers.next()
      filled += sizeBytes
      return buffer.subarray(filled - sizeBytes, filled)
    },
    *flush() {
      if (buffer === undefined || filled === 0) return
      yield buffer.subarray(0, filled)
      buffer = undefined // the consumer has it
      filled = 0
    },
  }
  return coalescer
}
