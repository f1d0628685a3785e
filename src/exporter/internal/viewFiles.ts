import { constants, createReadStream, lstatSync, readFileSync, readlinkSync, type BigIntStats } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { TarEntry, TarHeader, TarKind } from '../../archive/tar.ts'
import { asByteString, bytesOf, fromBytes, fromText, type ByteString } from '../../kit/byteString.ts'
import { readXattrs } from '../../kit/syscalls.ts'

/**
 * The files of a snapshot's view: folders before what is in them, siblings by name in byte order, paths under `prefix`
 * ('' or a folder, which then comes first). Further paths of one inode are hard links to the first. Sockets are left out.
 */
export async function* readViewEntries(folder: string, { prefix, mtimeNs }: ViewOptions, signal: AbortSignal): AsyncGenerator<TarEntry> {
  const walk: Walk = { root: fromText(folder), prefix, mtimeNs, firstOfInode: new Map(), signal }
  if (prefix !== '') yield* entriesAt(walk, asByteString(''), prefix)
  yield* walkFolder(walk, asByteString(''))
}

export interface ViewOptions {
  readonly prefix: ByteString
  /** Time that all entries get; undefined keeps their own. */
  readonly mtimeNs: bigint | undefined
}

interface Walk extends ViewOptions {
  readonly root: ByteString
  readonly firstOfInode: Map<string, ByteString>
  readonly signal: AbortSignal
}

/** `inside` is relative to the view. */
async function* walkFolder(walk: Walk, inside: ByteString): AsyncGenerator<TarEntry> {
  walk.signal.throwIfAborted()
  const names = (await readdir(diskPath(walk, inside), { encoding: 'buffer' })).map(fromBytes).sort()
  for (const name of names) {
    const path = join(inside, name)
    const shown = join(walk.prefix, path)
    for (const entry of entriesAt(walk, path, shown)) {
      yield entry
      if (entry.header.kind === 'folder') yield* walkFolder(walk, path)
    }
  }
}

/** One entry, or none for a socket. */
function* entriesAt(walk: Walk, inside: ByteString, shown: ByteString): Generator<TarEntry> {
  const disk = diskPath(walk, inside)
  const stats = lstatSync(disk, { bigint: true })
  const kind = kindOf(stats)
  if (kind === undefined) return
  const first = kind === 'file' && stats.nlink > 1n ? firstPath(walk, stats, shown) : shown
  const isLink = first !== shown
  const header: TarHeader = {
    kind: isLink ? 'hardlink' : kind,
    path: shown,
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    sizeBytes: kind === 'file' && !isLink ? Number(stats.size) : 0,
    mtimeNs: walk.mtimeNs ?? stats.mtimeNs,
    linkTarget: isLink ? first : targetOf(kind, disk),
    ...deviceOf(kind, stats.rdev),
    xattrs: isLink || kind === 'symlink' ? NO_XATTRS : readXattrs(disk),
  }
  yield { header, content: header.sizeBytes === 0 ? NO_CONTENT : readContent(disk, header.sizeBytes, walk.signal) }
}

function targetOf(kind: TarKind, disk: Buffer): ByteString {
  return kind === 'symlink' ? fromBytes(readlinkSync(disk, 'buffer')) : asByteString('')
}

function firstPath({ firstOfInode }: Walk, { dev, ino }: BigIntStats, shown: ByteString): ByteString {
  const key = `${dev}:${ino}`
  const first = firstOfInode.get(key)
  if (first === undefined) firstOfInode.set(key, shown)
  return first ?? shown
}

function kindOf({ mode }: BigIntStats): TarKind | undefined {
  return KINDS.get(Number(mode) & constants.S_IFMT)
}

const KINDS: ReadonlyMap<number, TarKind> = new Map([
  [constants.S_IFREG, 'file'],
  [constants.S_IFDIR, 'folder'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFCHR, 'character-device'],
  [constants.S_IFBLK, 'block-device'],
  [constants.S_IFIFO, 'fifo'],
])

/** As glibc's `major` and `minor` take a device number apart. */
function deviceOf(kind: TarKind, device: bigint): { readonly deviceMajor: number; readonly deviceMinor: number } {
  if (kind !== 'character-device' && kind !== 'block-device') return { deviceMajor: 0, deviceMinor: 0 }
  return {
    deviceMajor: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    deviceMinor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  }
}

/** Opened when it is read; a small file is read at once, which is a tenth of the work of a stream. */
async function* readContent(disk: Buffer, sizeBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  if (sizeBytes <= READ_BYTES) yield readFileSync(disk)
  else yield* createReadStream(disk, { highWaterMark: READ_BYTES, end: sizeBytes - 1, signal }) as AsyncIterable<Uint8Array>
}

const READ_BYTES = 256 * 1024
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map()
const NO_CONTENT: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {
    // a file without bytes
  },
}

/** The content of a file whose entry had `path`. */
export function readViewFile(folder: string, path: ByteString, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const disk = bytesOf(join(fromText(folder), path))
  return readContent(disk, lstatSync(disk).size, signal)
}

function diskPath({ root }: Walk, inside: ByteString): Buffer {
  return bytesOf(join(root, inside))
}

function join(folder: ByteString, name: ByteString): ByteString {
  if (folder === '' || name === '') return asByteString(`${folder}${name}`)
  return asByteString(`${folder}/${name}`)
}
