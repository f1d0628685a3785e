import type { TarEntry, TarHeader } from '../archive/tar.ts'
import { formatOpaque, formatRemoval } from '../archive/whiteout.ts'
import { asByteString, type ByteString } from '../kit/byteString.ts'
import { newBuffers, type ChunkBuffers } from '../kit/streams/chunkBuffers.ts'
import { joinPath, ROOT } from './internal/bytePath.ts'
import { isSameFile } from './internal/sameFile.ts'
import { CHUNK_BYTES, fillContent, LARGE_CHUNK_BYTES, readContent, sampleContent, SMALL_BYTES } from './internal/readContent.ts'
import type { TreeEntry } from './internal/fileTree.ts'
import { findLayerFile, hasSameMetadata, readLayerFile, type LayerFile } from './internal/layerFile.ts'
import { walkMerged, type PartEntry } from './internal/mergedTree.ts'
import type { LayerOptions } from './snapshotStore.ts'

export interface LayerFolder {
  /** In the format of overlayfs' upper folder, each over the next. */
  readonly folders: readonly ByteString[]
  /** All layers below as one tree; undefined where there are none. */
  readonly lower: ByteString | undefined
  /** The root folder itself is an entry only where it was changed; its time does not count, since every change at the top changes it. */
  readonly hasOwnRoot: boolean
}

export interface LayerReadOptions extends LayerOptions {
  /** Whether little of most contents will be read. */
  readonly isContentSampled?: boolean
}

/**
 * The tar entries of a layer: folders before what is in them, siblings in the order of their bytes, the opaque mark of
 * a folder first. Paths of one inode within the layer are hard links to the first of them. Sockets are left out, and,
 * as BuildKit does, what overlayfs copied up and nobody changed: files equal to those below, and folders of which
 * nothing but the time is new, unless there is something to say of what is in them.
 */
export async function* readLayerEntries(layer: LayerFolder, options: LayerReadOptions, signal: AbortSignal): AsyncGenerator<TarEntry> {
  const { folders, hasOwnRoot } = layer
  const [root] = folders
  if (hasOwnRoot && root !== undefined) yield withoutContent(headerOf({ path: asByteString('.'), file: readLayerFile(root) }, 'folder', options))
  const reading = { firstOfInode: new Map<string, ByteString>(), options, buffers: contentBuffers(options), signal }
  const isUnchanged = createComparison(layer, signal)
  /** Unchanged folders on the way to the entry at hand, outermost first. */
  const passed: PartEntry[] = []
  for await (const found of walkMerged(folders, signal)) {
    while (passed.length > 0 && !isBelow(found.path, passed.at(-1)?.path)) passed.pop()
    const entry = withoutOwnRemoval(found, layer)
    if (entry === undefined) continue
    if (await isUnchanged(entry)) {
      if (entry.file.shape.kind === 'folder') passed.push(entry)
      continue
    }
    for (const above of passed.splice(0)) yield* entriesOf(above, reading)
    yield* entriesOf(entry, reading)
  }
}

function contentBuffers({ buffers }: LayerOptions): ChunkBuffers {
  return buffers === undefined ? newBuffers(CHUNK_BYTES) : buffers(LARGE_CHUNK_BYTES)
}

/** What the layer itself had, and has no more, takes nothing away below. Undefined where that was all there is to say. */
function withoutOwnRemoval(entry: PartEntry, { folders, lower }: LayerFolder): PartEntry | undefined {
  const { path, file } = entry
  const removes = file.shape.kind === 'whiteout' || (file.shape.kind === 'folder' && file.shape.isOpaque)
  if (folders.length === 1 || !removes || (lower !== undefined && findLayerFile(joinPath(lower, path)) !== undefined)) return entry
  return file.shape.kind === 'whiteout' ? undefined : { ...entry, file: { ...file, shape: { kind: 'folder', isOpaque: false } } }
}

/** To be asked of entries in the order of the walk. */
function createComparison({ lower }: LayerFolder, signal: AbortSignal): (entry: PartEntry) => Promise<boolean> {
  /** Below it the layers below do not show. */
  let newFolder: ByteString | undefined
  return async ({ path, file, part }) => {
    if (lower === undefined || isBelow(path, newFolder)) return false
    const before = findLayerFile(joinPath(lower, path))
    if (file.shape.kind !== 'folder') return before !== undefined && isSameFile(path, { before: lower, after: part, files: [before, file] }, signal)
    if (before?.shape.kind === 'folder' && !file.shape.isOpaque) return hasSameMetadata({ ...before, mtimeNs: 0n }, { ...file, mtimeNs: 0n })
    newFolder = path
    return false
  }
}

function isBelow(path: ByteString, folder: ByteString | undefined): boolean {
  return folder !== undefined && path.startsWith(`${folder}/`)
}

interface Reading {
  readonly firstOfInode: Map<string, ByteString>
  readonly options: LayerReadOptions
  /** Of contents that have several chunks. */
  readonly buffers: ChunkBuffers
  readonly signal: AbortSignal
}

function* entriesOf(entry: PartEntry, reading: Reading): Generator<TarEntry> {
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

function fileEntry(entry: PartEntry, shape: { readonly sizeBytes: number; readonly inode: string; readonly linkCount: number }, reading: Reading): TarEntry {
  const first = shape.linkCount > 1 ? reading.firstOfInode.get(shape.inode) : undefined
  if (first !== undefined) return withoutContent({ ...headerOf(entry, 'hardlink', reading.options), linkTarget: first, xattrs: NO_XATTRS })
  if (shape.linkCount > 1) reading.firstOfInode.set(shape.inode, entry.path)
  const header = { ...headerOf(entry, 'file', reading.options), sizeBytes: shape.sizeBytes }
  const place = joinPath(entry.part, entry.path)
  if (reading.options.isContentSampled === true) return { header, content: sampleContent(place, reading.signal) }
  const content = readContent(place, reading.signal, { buffers: reading.buffers, isLast: true })
  return shape.sizeBytes <= SMALL_BYTES ? { header, content, fill: (target) => fillContent(place, target) } : { header, content }
}

function headerOf({ path, file }: TreeEntry, kind: TarHeader['kind'], options: LayerOptions): TarHeader {
  const { mode, uid, gid, xattrs } = file
  const fixed = { sizeBytes: 0, linkTarget: ROOT, deviceMajor: 0, deviceMinor: 0 }
  return { kind, path, mode, uid, gid, mtimeNs: wholeSeconds(clampTime(file.mtimeNs, options)), xattrs, ...fixed }
}

/** Whiteouts belong to nobody, so that equal removals are equal bytes. */
function marker(path: ByteString, file: LayerFile, options: LayerOptions): TarEntry {
  const plain: LayerFile = { ...file, mode: 0, uid: 0, gid: 0, mtimeNs: 0n, xattrs: NO_XATTRS }
  return withoutContent(headerOf({ path, file: plain }, 'file', options))
}

/** As containerd and Docker pack layers: a fraction would cost every file a header of its own. */
function wholeSeconds(ns: bigint): bigint {
  return ns - (((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND)
}

function clampTime(ns: bigint, { clampTimeSeconds }: LayerOptions): bigint {
  if (clampTimeSeconds === undefined) return ns
  const limit = BigInt(clampTimeSeconds) * NS_PER_SECOND
  return ns > limit ? limit : ns
}

function withoutContent(header: TarHeader): TarEntry {
  return { header, content: NO_CONTENT }
}

const NS_PER_SECOND = 1_000_000_000n
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map()
const NO_CONTENT: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {
    // nothing
  },
}
