import { closeSync, openSync, symlinkSync, writeSync } from 'node:fs'
import type { TarEntry, TarHeader } from '../archive/tar.ts'
import { parseWhiteout } from '../archive/whiteout.ts'
import { asByteString, bytesOf, textOfBytes, type ByteString } from '../kit/byteString.ts'
import { link, mknod } from '../kit/syscalls.ts'
import { isDotDot, splitLast, splitPath } from './internal/bytePath.ts'
import { linkFile, remakeFile, removeTree } from './internal/fileTree.ts'
import { applyMetadata, applyToOpenFile, isCode, makeDevice, makeOpaque, makeWhiteout, readLayerFile, type FileMetadata } from './internal/layerFile.ts'
import { createLayerTree, type LayerSite, type LayerTree } from './internal/layerTree.ts'
import { LayerInvalidError } from './snapshotStore.ts'

export interface UnpackTarget {
  /** An empty folder, into which the layer comes in the format of overlayfs' upper folder. */
  readonly folder: ByteString
  /** All layers below as one tree; undefined where there are none. */
  readonly lower: ByteString | undefined
  /** Where the files of the entries are: hard links are made to them, rather than their content read. Nobody will change them. */
  readonly linkFrom?: (path: ByteString) => ByteString
}

/**
 * Unpacks a layer as OCI image-spec, layer.md, "Applying Changesets" has it. Symbolic links on the way to an entry are
 * followed inside the root, those of the layers below too; what an entry needs of the layers below (its parent folders,
 * the target of a hard link) is copied up. Nothing outside `folder` is ever touched.
 * @throws LayerInvalidError
 */
export async function unpackLayer(entries: AsyncIterable<TarEntry>, target: UnpackTarget, signal: AbortSignal): Promise<void> {
  const tree = createLayerTree(target)
  for await (const entry of entries) {
    signal.throwIfAborted()
    try {
      await unpackEntry(entry, { tree, linkFrom: target.linkFrom, signal })
    } catch (error) {
      if (!isCode(error, ...CAUSED_BY_NAMES)) throw error
      throw new LayerInvalidError(`cannot unpack ${quote(entry.header.path)}`, { hint: 'the layer is damaged or made with intent; pull it again', cause: error })
    }
  }
  tree.finish()
}

/** What the kernel answers to names and types that cannot be, as opposed to a disk that is full. */
const CAUSED_BY_NAMES = ['ENAMETOOLONG', 'ENOTDIR', 'ELOOP', 'EINVAL', 'ENOENT', 'EISDIR']

interface Unpacking {
  readonly tree: LayerTree
  readonly linkFrom: UnpackTarget['linkFrom']
  readonly signal: AbortSignal
}

async function unpackEntry(entry: TarEntry, unpacking: Unpacking): Promise<void> {
  const { tree } = unpacking
  const path = asByteString(safeNames(entry.header.path).join('/'))
  const whiteout = parseWhiteout(path)
  if (whiteout !== undefined) return applyWhiteout(whiteout, tree)
  if (path.includes(AUFS_FOLDER)) return
  if (path === '') return void tree.setRoot(metadataOf(entry.header))
  const site = tree.locate(path)
  switch (entry.header.kind) {
    case 'folder':
      return putFolder(site, metadataOf(entry.header), tree)
    case 'hardlink':
      return putHardLink(site, entry.header, unpacking)
    case 'file':
    case 'symlink':
    case 'fifo':
    case 'character-device':
    case 'block-device':
      return putFile(site, entry, unpacking)
  }
}

/** aufs kept hard links in a folder of its own, `.wh..wh.plnk`. */
const AUFS_FOLDER = '.wh..wh.'

/** @throws LayerInvalidError where a name is `..`: no tool writes such layers in good faith */
function safeNames(path: ByteString): readonly ByteString[] {
  const names = splitPath(path)
  if (names.some(isDotDot)) throw new LayerInvalidError(`layer entry leaves its root: ${quote(path)}`, { hint: 'do not use this image' })
  return names
}

/** `.wh..` and `.wh...` would remove a folder by another name. */
function refuseDots(path: ByteString): void {
  const [, name] = splitLast(path)
  if (name === '.' || isDotDot(name)) throw new LayerInvalidError(`layer removes ${quote(path)}, which is no name`, { hint: 'do not use this image' })
}

/** Only lower layers are meant: what this layer itself has at that name stays. */
async function applyWhiteout(whiteout: NonNullable<ReturnType<typeof parseWhiteout>>, tree: LayerTree): Promise<void> {
  switch (whiteout.kind) {
    case 'meaningless':
      return
    case 'opaque':
      return void tree.hideLower(whiteout.folder)
    case 'removal': {
      refuseDots(whiteout.path)
      const site = tree.locate(whiteout.path)
      if (site.lower === 'absent') return
      if (site.upper === 'absent') makeWhiteout(site.path)
      else if (site.upper === 'folder') tree.hideLower(whiteout.path)
    }
  }
}

async function putFolder(site: LayerSite, metadata: FileMetadata, tree: LayerTree): Promise<void> {
  if (site.upper !== 'folder') {
    await clear(site, tree)
    tree.makeFolder(site)
    // it replaces what is below rather than to be merged with it, where something of this layer stood between
    if (site.upper !== 'absent' && site.lower === 'folder') makeOpaque(site.path)
  }
  tree.setFolderMetadata(site, metadata)
}

async function putFile(site: LayerSite, entry: TarEntry, { tree, linkFrom, signal }: Unpacking): Promise<void> {
  const { header } = entry
  await clear(site, tree)
  if (header.kind === 'file' && linkFrom !== undefined) {
    const from = linkFrom(header.path)
    return linkFile({ from, to: site.path }, readLayerFile(from), signal)
  }
  switch (header.kind) {
    case 'file':
      return writeFile(site.path, entry)
    case 'symlink':
      symlinkSync(bytesOf(header.linkTarget), bytesOf(site.path))
      break
    case 'fifo':
      mknod(bytesOf(site.path), S_IFIFO | 0o600, 0, 0)
      break
    case 'character-device':
    case 'block-device':
      makeDevice(site.path, { kind: header.kind, major: header.deviceMajor, minor: header.deviceMinor })
      break
    case 'folder':
    case 'hardlink':
      return
  }
  applyMetadata(site.path, metadataOf(header), header.kind)
}

const S_IFIFO = 0o010000

async function putHardLink(site: LayerSite, header: TarHeader, { tree, signal }: Unpacking): Promise<void> {
  const source = tree.locate(asByteString(safeNames(header.linkTarget).join('/')))
  if (source.path === site.path) return
  if (source.upper === 'absent' && source.lower === 'file') await remakeFile({ from: source.lowerPath, to: source.path }, tree.readLower(source), signal)
  else if (source.upper !== 'file') throw new LayerInvalidError(`hard link ${quote(header.path)} leads to ${quote(header.linkTarget)}, which is no file of the image`)
  await clear(site, tree)
  link(bytesOf(source.path), bytesOf(site.path))
}

/** Makes room for an entry: the last of a name wins. */
async function clear(site: LayerSite, tree: LayerTree): Promise<void> {
  if (site.upper === 'absent') return
  await removeTree(site.path)
  if (site.upper === 'folder') tree.forget(site)
}

async function writeFile(path: ByteString, { header, content, whole }: TarEntry): Promise<void> {
  const fd = openSync(bytesOf(path), 'wx', 0o600)
  try {
    if (whole !== undefined) writeFully(fd, whole)
    else for await (const chunk of content) writeFully(fd, chunk)
    applyToOpenFile(fd, path, metadataOf(header))
  } finally {
    closeSync(fd)
  }
}

function writeFully(fd: number, chunk: Uint8Array): void {
  for (let written = 0; written < chunk.byteLength; ) written += writeSync(fd, chunk, written)
}

function metadataOf({ mode, uid, gid, mtimeNs, xattrs }: TarHeader): FileMetadata {
  return { mode, uid, gid, mtimeNs, xattrs }
}

function quote(path: ByteString): string {
  return JSON.stringify(textOfBytes(path))
}

