import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { TarEntry, TarHeader } from '../archive/tar.ts'
import { formatOpaque, formatRemoval } from '../archive/whiteout.ts'
import { asByteString, bytesOf, textOfBytes, type ByteString } from '../kit/byteString.ts'
import { joinPath, ROOT } from './internal/bytePath.ts'
import { walkTree, type TreeEntry } from './internal/fileTree.ts'
import { readLayerFile, type LayerFile } from './internal/layerFile.ts'
import type { LayerOptions } from './snapshotStore.ts'

export interface LayerFolder {
  /** In the format of overlayfs' upper folder. */
  readonly folder: ByteString
  /** The root folder itself is an entry only where it was changed; its time does not count, since every change at the top changes it. */
  readonly hasOwnRoot: boolean
}

/**
 * The tar entries of a layer: folders before what is in them, siblings in the order of their bytes, the opaque mark of
 * a folder first. Paths of one inode within the layer are hard links to the first of them. Sockets are left out.
 */
export async function* readLayerEntries({ folder, hasOwnRoot }: LayerFolder, options: LayerOptions, signal: AbortSignal): AsyncGenerator<TarEntry> {
  if (hasOwnRoot) yield withoutContent(headerOf({ path: asByteString('.'), file: readLayerFile(folder) }, 'folder', options))
  const firstOfInode = new Map<string, ByteString>()
  for await (const entry of walkTree(folder, signal)) {
    yield* entriesOf(entry, { folder, firstOfInode, options, signal })
  }
}

interface Reading {
  readonly folder: ByteString
  readonly firstOfInode: Map<string, ByteString>
  readonly options: LayerOptions
  readonly signal: AbortSignal
}

function* entriesOf(entry: TreeEntry, reading: Reading): Generator<TarEntry> {
  const { shape } = entry.file
  const { options } = reading
  switch (shape.kind) {
    case 'socket':
      return
    case 'whiteout':
      yield marker(formatRemoval(entry.path), entry.file, options)
      return
    case 'folder':
      yield withoutContent(headerOf(entry, 'folder', options))
      if (shape.isOpaque) yield marker(formatOpaque(entry.path), entry.file, options)
      return
    case 'symlink':
      yield withoutContent({ ...headerOf(entry, 'symlink', options), linkTarget: shape.target })
      return
    case 'fifo':
      yield withoutContent(headerOf(entry, 'fifo', options))
      return
    case 'character-device':
    case 'block-device':
      yield withoutContent({ ...headerOf(entry, shape.kind, options), deviceMajor: shape.major, deviceMinor: shape.minor })
      return
    case 'file':
      yield fileEntry(entry, shape, reading)
  }
}

function fileEntry(entry: TreeEntry, shape: { readonly sizeBytes: number; readonly inode: string; readonly linkCount: number }, reading: Reading): TarEntry {
  const first = shape.linkCount > 1 ? reading.firstOfInode.get(shape.inode) : undefined
  if (first !== undefined) return withoutContent({ ...headerOf(entry, 'hardlink', reading.options), linkTarget: first, xattrs: NO_XATTRS })
  if (shape.linkCount > 1) reading.firstOfInode.set(shape.inode, entry.path)
  const header = { ...headerOf(entry, 'file', reading.options), sizeBytes: shape.sizeBytes }
  return { header, content: readContent(joinPath(reading.folder, entry.path), reading.signal) }
}

function headerOf({ path, file }: TreeEntry, kind: TarHeader['kind'], options: LayerOptions): TarHeader {
  const { mode, uid, gid, xattrs } = file
  const fixed = { sizeBytes: 0, linkTarget: ROOT, deviceMajor: 0, deviceMinor: 0 }
  return { kind, path, mode, uid, gid, mtimeNs: clampTime(file.mtimeNs, options), xattrs, ...fixed }
}

/** Whiteouts belong to nobody, so that equal removals are equal bytes. */
function marker(path: ByteString, file: LayerFile, options: LayerOptions): TarEntry {
  const plain: LayerFile = { ...file, mode: 0, uid: 0, gid: 0, mtimeNs: 0n, xattrs: NO_XATTRS }
  return withoutContent(headerOf({ path, file: plain }, 'file', options))
}

function clampTime(ns: bigint, { clampTimeSeconds }: LayerOptions): bigint {
  if (clampTimeSeconds === undefined) return ns
  const limit = BigInt(clampTimeSeconds) * 1_000_000_000n
  return ns > limit ? limit : ns
}

function withoutContent(header: TarHeader): TarEntry {
  return { header, content: NO_CONTENT }
}

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map()
const NO_CONTENT: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {
    // nothing
  },
}

const CHUNK_BYTES = 1 << 18

/** The content of a regular file, which must not change meanwhile. A file of one chunk is read at once: it costs less than to wait for a thread. */
export async function* readContent(path: ByteString, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const start = readSmall(path)
  if (start !== undefined) {
    if (start.byteLength > 0) yield start
    return
  }
  await using file = await open(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  for (;;) {
    signal.throwIfAborted()
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(CHUNK_BYTES), 0, CHUNK_BYTES)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

function readSmall(path: ByteString): Uint8Array | undefined {
  const fd = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { size } = fstatSync(fd)
    if (size > CHUNK_BYTES) return undefined
    const bytes = Buffer.allocUnsafe(size)
    let filled = 0
    while (filled < size) {
      const count = readSync(fd, bytes, filled, size - filled, null)
      if (count === 0) throw new Error(`file became shorter while it was read: ${JSON.stringify(textOfBytes(path))}`)
      filled += count
    }
    return bytes
  } finally {
    closeSync(fd)
  }
}
