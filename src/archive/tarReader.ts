import { asByteString, fromBytes, type ByteString } from '../kit/byteString.ts'
import { brokenOff, createByteSource, type ByteSource } from './internal/byteSource.ts'
import { decimal, mergeRecords, NO_RECORDS, parsePaxRecords, parseTime, type PaxRecords } from './internal/paxRecords.ts'
import { parseRawHeader, type RawHeader } from './internal/rawHeader.ts'
import { expandSparse, readOldSparseMap, readSparseMap, sparseMapOfRecords, storedBytes, type SparseMap } from './internal/sparse.ts'
import { BLOCK_BYTES, MAX_EXTENSION_BYTES, TarInvalidError, XATTR_RECORD_PREFIX, type TarEntry, type TarHeader, type TarKind } from './tar.ts'

/** Linux's PATH_MAX: what is longer can neither be made nor opened. */
const MAX_PATH_BYTES = 4096

/**
 * The entries of an archive, one at a time: V7, ustar, pax (global records too), GNU (long names, large numbers, all
 * four kinds of sparse files). The stream is read to its end, beyond the end mark. Content that was not read is skipped.
 * @throws TarInvalidError
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = createByteSource(chunks)
  let global = NO_RECORDS
  try {
    for (;;) {
      const found = await readExtensions(source, global)
      if (found === undefined) break
      global = found.global
      const stored = createStored(source, found.sizeBytes)
      yield isSparse(found) ? await toSparseEntry(found, stored) : toEntry(found, stored)
      if (!stored.skipRestNow()) await stored.skipRest()
    }
    await source.drain()
  } finally {
    await source.close()
  }
}

/** Whether a file that begins with `head` (512 bytes, or all of a shorter one) is a tar archive. */
export function isTar(head: Uint8Array): boolean {
  if (head.byteLength < BLOCK_BYTES) return false
  try {
    return parseRawHeader(head.subarray(0, BLOCK_BYTES)) !== undefined
  } catch (error) {
    if (error instanceof TarInvalidError) return false
    throw error
  }
}

/** An entry's own header, and what the headers before it say of it. */
interface Found {
  readonly raw: RawHeader
  readonly block: Uint8Array
  readonly records: PaxRecords
  readonly global: PaxRecords
  readonly longPath: ByteString | undefined
  readonly longLink: ByteString | undefined
  /** What follows in the archive. */
  readonly sizeBytes: number
}

/** Undefined at the end of the archive. */
async function readExtensions(source: ByteSource, inherited: PaxRecords): Promise<Found | undefined> {
  let global = inherited
  let own = NO_RECORDS
  let longPath: ByteString | undefined
  let longLink: ByteString | undefined
  for (;;) {
    const header = await readHeader(source)
    if (header === undefined) return undefined
    const { raw, block } = header
    switch (raw.typeFlag) {
      case 'x':
        own = parsePaxRecords(await readExtension(source, raw))
        break
      case 'g':
        global = mergeRecords(global, parsePaxRecords(await readExtension(source, raw)))
        break
      case 'L':
        longPath = untilNul(await readExtension(source, raw))
        break
      case 'K':
        longLink = untilNul(await readExtension(source, raw))
        break
      case 'V': // the archive's own name
        await readExtension(source, raw)
        break
      default: {
        const records = mergeRecords(global, own)
        const size = records.values.get('size')
        const written = size === undefined || size.byteLength === 0 ? raw.sizeBytes : decimal('size', size)
        return { raw, block, records, global, longPath, longLink, sizeBytes: hasContent(raw) ? written : 0 }
      }
    }
  }
}

async function readHeader(source: ByteSource): Promise<{ readonly raw: RawHeader; readonly block: Uint8Array } | undefined> {
  const block = source.readNow(BLOCK_BYTES) ?? (await source.read(BLOCK_BYTES))
  if (block === undefined) return undefined
  const raw = parseRawHeader(block)
  return raw === undefined ? undefined : { raw, block }
}

async function readExtension(source: ByteSource, { sizeBytes }: RawHeader): Promise<Uint8Array> {
  if (sizeBytes > MAX_EXTENSION_BYTES) throw new TarInvalidError(`tar archive holds a record of ${sizeBytes} bytes`)
  if (sizeBytes === 0) return new Uint8Array(0)
  const bytes = await source.read(sizeBytes)
  if (bytes === undefined) throw brokenOff()
  const kept = Uint8Array.from(bytes) // the source may use its chunk again
  await source.skip(-sizeBytes & (BLOCK_BYTES - 1))
  return kept
}

function toEntry(found: Found, stored: Stored): TarEntry {
  const header = toHeader(found, found.sizeBytes)
  const whole = stored.readWhole()
  return whole === undefined ? { header, content: stored.read(found.sizeBytes) } : { header, whole, content: onceOf(whole) }
}

async function* onceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes
}

async function toSparseEntry(found: Found, stored: Stored): Promise<TarEntry> {
  const map = await findSparseMap(found, stored)
  if (map === undefined) return toEntry(found, stored)
  if (storedBytes(map) > stored.left()) throw new TarInvalidError('tar archive holds a sparse map that makes no sense')
  return { header: toHeader(found, map.realSizeBytes), content: expandSparse(map, (sizeBytes) => stored.read(sizeBytes)) }
}

/** Whether it may be one: only then is more read of the archive for its map. */
function isSparse({ raw, records: { values } }: Found): boolean {
  return raw.typeFlag === 'S' || values.has('GNU.sparse.major') || values.has('GNU.sparse.size')
}

async function findSparseMap({ raw, block, records }: Found, stored: Stored): Promise<SparseMap | undefined> {
  if (raw.typeFlag === 'S') return readOldSparseMap(block, stored.source)
  const real = records.values.get('GNU.sparse.realsize')
  if (!records.values.has('GNU.sparse.major') || real === undefined) return sparseMapOfRecords(records)
  const { map, readBytes } = await readSparseMap(stored.source, decimal('GNU.sparse.realsize', real))
  stored.consume(readBytes)
  return map
}

function toHeader(found: Found, sizeBytes: number): TarHeader {
  const { raw } = found
  const { values } = found.records
  const path = pathOf(found)
  const kind = kindOf(raw, path)
  const isDevice = kind === 'character-device' || kind === 'block-device'
  const mtime = nonEmpty(values.get('mtime'))
  return {
    kind,
    path: kind === 'folder' && path.length > 1 ? asByteString(path.replace(/\/+$/, '')) : path,
    mode: raw.mode & 0o7777,
    uid: idOf('uid', values, raw.uid),
    gid: idOf('gid', values, raw.gid),
    sizeBytes: kind === 'file' ? sizeBytes : 0,
    mtimeNs: mtime === undefined ? BigInt(raw.mtimeSeconds) * 1_000_000_000n : parseTime('mtime', mtime),
    linkTarget: kind === 'symlink' || kind === 'hardlink' ? linkTargetOf(found) : asByteString(''),
    deviceMajor: isDevice ? raw.deviceMajor : 0,
    deviceMinor: isDevice ? raw.deviceMinor : 0,
    xattrs: xattrsOf(values),
  }
}

function pathOf({ raw, records, longPath }: Found): ByteString {
  const written = nonEmpty(records.values.get('GNU.sparse.name')) ?? nonEmpty(records.values.get('path'))
  return bounded(written === undefined ? (longPath ?? raw.path) : fromBytes(written))
}

function linkTargetOf({ raw, records, longLink }: Found): ByteString {
  const written = nonEmpty(records.values.get('linkpath'))
  return bounded(written === undefined ? (longLink ?? raw.linkName) : fromBytes(written))
}

function bounded(path: ByteString): ByteString {
  if (path.length > MAX_PATH_BYTES) throw new TarInvalidError(`tar archive holds a path of ${path.length} bytes`)
  return path
}

function idOf(key: 'uid' | 'gid', values: PaxRecords['values'], raw: number): number {
  const written = nonEmpty(values.get(key))
  const id = written === undefined ? raw : decimal(key, written)
  if (id < 0 || id >= 2 ** 32 - 1) throw new TarInvalidError(`tar archive holds a ${key} that no system has: ${id}`)
  return id
}

function xattrsOf(values: PaxRecords['values']): ReadonlyMap<string, Uint8Array> {
  if (values.size === 0) return NO_XATTRS
  return new Map([...values].flatMap(([key, value]) => (key.startsWith(XATTR_RECORD_PREFIX) ? [[key.slice(XATTR_RECORD_PREFIX.length), value] as const] : [])))
}

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map()

function kindOf({ typeFlag }: RawHeader, path: ByteString): TarKind {
  const kind = KINDS.get(typeFlag)
  if (kind === undefined) throw new TarInvalidError(`tar archive holds ${JSON.stringify(path)} of an unknown type: ${JSON.stringify(typeFlag)}`)
  // V7 had no folders: a file with a slash at its end was one
  return typeFlag === '\0' && path.endsWith('/') ? 'folder' : kind
}

const KINDS: ReadonlyMap<string, TarKind> = new Map([
  ['0', 'file'],
  ['\0', 'file'],
  ['7', 'file'],
  ['S', 'file'],
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'character-device'],
  ['4', 'block-device'],
  ['5', 'folder'],
  ['6', 'fifo'],
])

/** The size field of links, devices and folders means nothing, whatever it says. */
function hasContent({ typeFlag }: RawHeader): boolean {
  const kind = KINDS.get(typeFlag)
  return kind === undefined || kind === 'file'
}

function nonEmpty(value: Uint8Array | undefined): Uint8Array | undefined {
  return value === undefined || value.byteLength === 0 ? undefined : value
}

function untilNul(bytes: Uint8Array): ByteString {
  const end = bytes.indexOf(0)
  return fromBytes(end < 0 ? bytes : bytes.subarray(0, end))
}

/** The bytes that belong to one entry; whatever is read of them, `skipRest` leaves the source at the next header. */
interface Stored {
  readonly source: ByteSource
  left(): number
  /** Notes bytes that were read from the source directly. */
  consume(sizeBytes: number): void
  read(sizeBytes: number): AsyncIterable<Uint8Array>
  /** All that is left, where it is at hand. */
  readWhole(): Uint8Array | undefined
  skipRest(): Promise<void>
  /** The same at once; false where it is not at hand. */
  skipRestNow(): boolean
}

function createStored(source: ByteSource, sizeBytes: number): Stored {
  const padding = -sizeBytes & (BLOCK_BYTES - 1)
  let left = sizeBytes
  return {
    source,
    left: () => left,
    consume(readBytes) {
      if (readBytes > left) throw new TarInvalidError('tar archive holds a sparse map that makes no sense')
      left -= readBytes
    },
    async *read(wantedBytes) {
      for (let wanted = wantedBytes; wanted > 0; ) {
        const piece = await source.readSome(wanted)
        wanted -= piece.byteLength
        left -= piece.byteLength
        yield piece
      }
    },
    readWhole() {
      const whole = source.readNow(left)
      if (whole !== undefined) left = 0
      return whole
    },
    async skipRest() {
      await source.skip(left + padding)
      left = 0
    },
    skipRestNow() {
      if (source.readNow(left + padding) === undefined) return false
      left = 0
      return true
    },
  }
}
