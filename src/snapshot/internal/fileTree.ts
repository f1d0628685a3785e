import { lstatSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { asByteString, bytesOf, type ByteString } from '../../kit/byteString.ts'
import { link, mknod } from '../../kit/syscalls.ts'
import { cloneFile } from '../../kit/syscalls/cloneFile.ts'
import { joinPath, ROOT, sortedNames } from './bytePath.ts'
import { applyMetadata, isCode, makeDevice, makeWhiteout, readLayerFile, type LayerFile } from './layerFile.ts'

/*
 * Whole trees. Calls that touch one inode are synchronous: each takes microseconds, and a hop to a thread and back
 * several times that. Between folders the loop gives way, so that a large tree holds nobody up.
 */

export interface TreeEntry {
  /** Relative to the walk's root. */
  readonly path: ByteString
  readonly file: LayerFile
}

/** All but the root: folders before what is in them, siblings in the order of their bytes. */
export async function* walkTree(root: ByteString, signal: AbortSignal, folder: ByteString = ROOT): AsyncGenerator<TreeEntry> {
  await nextTurn()
  signal.throwIfAborted()
  for (const name of sortedNames(joinPath(root, folder))) {
    const path = joinPath(folder, name)
    const file = readLayerFile(joinPath(root, path))
    yield { path, file }
    if (file.shape.kind === 'folder') yield* walkTree(root, signal, path)
  }
}

/** Removes `path` and all in it, whatever the names and permissions; nothing where it is gone already. */
export async function removeTree(path: ByteString): Promise<void> {
  await nextTurn()
  for (const entry of namesOfFolder(path)) {
    const child = joinPath(path, entry)
    if (!unlinkIfFile(child)) await removeTree(child)
  }
  unless('ENOENT', () => removeOne(path))
}

function namesOfFolder(path: ByteString): readonly ByteString[] {
  return unless('ENOENT', () => (isFolder(path) ? readdirSync(bytesOf(path), { encoding: 'latin1' }).map(asByteString) : [])) ?? []
}

/** False for a folder. */
function unlinkIfFile(path: ByteString): boolean {
  try {
    unlinkSync(bytesOf(path))
    return true
  } catch (error) {
    if (isCode(error, 'EISDIR', 'EPERM')) return false
    if (isCode(error, 'ENOENT')) return true
    throw error
  }
}

function removeOne(path: ByteString): void {
  if (isFolder(path)) rmdirSync(bytesOf(path))
  else unlinkSync(bytesOf(path))
}

export function isFolder(path: ByteString): boolean {
  return lstatSync(bytesOf(path), { throwIfNoEntry: false })?.isDirectory() ?? false
}

function unless<T>(code: string, action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (isCode(error, code)) return undefined
    throw error
  }
}

/** What the files of a tree take of the disk, each inode once; what is linked from elsewhere counts in full. Others may be at work in it. */
export async function treeSizeBytes(root: ByteString, signal: AbortSignal): Promise<number> {
  const counted = new Set<string>()
  let sizeBytes = 0
  const count = async (folder: ByteString): Promise<void> => {
    await nextTurn()
    signal.throwIfAborted()
    for (const name of namesOfFolder(folder)) {
      const path = joinPath(folder, name)
      const stat = lstatSync(bytesOf(path), { throwIfNoEntry: false })
      if (stat === undefined || (stat.nlink > 1 && !stat.isDirectory() && counted.has(`${stat.dev}:${stat.ino}`))) continue
      counted.add(`${stat.dev}:${stat.ino}`)
      sizeBytes += stat.blocks * BLOCK_BYTES
      if (stat.isDirectory()) await count(path)
    }
  }
  await count(root)
  return sizeBytes
}

/** Of `st_blocks`, whatever the file system's own. */
const BLOCK_BYTES = 512

/** How regular files come into a copied tree. `linked` is for trees that nobody will change again. */
export type CopyMode = 'linked' | 'cloned'

/** Makes `target`, which must not exist, with all that is in `source`; hard links within `source` stay such. */
export async function copyTree(source: ByteString, target: ByteString, mode: CopyMode, signal: AbortSignal): Promise<void> {
  const links = new Map<string, ByteString>()
  mkdirSync(bytesOf(target))
  const folders: TreeEntry[] = [{ path: ROOT, file: readLayerFile(source) }]
  for await (const entry of walkTree(source, signal)) {
    if (entry.file.shape.kind === 'folder') folders.push(entry)
    const site = { from: joinPath(source, entry.path), to: joinPath(target, entry.path) }
    await (mode === 'linked' ? linkFile(site, entry.file, signal) : cloneOnce(site, { file: entry.file, links }, signal))
  }
  // Children change their folder's time, so folders get theirs last
  for (const { path, file } of folders) applyMetadata(joinPath(target, path), file, 'folder')
}

/** Where a file is, and where it is to be too. */
export interface CopySite {
  readonly from: ByteString
  readonly to: ByteString
}

/** One inode at both ends where the file system allows it, else a copy. A folder comes without its content and metadata. */
export async function linkFile(site: CopySite, file: LayerFile, signal: AbortSignal): Promise<void> {
  if (file.shape.kind !== 'folder' && file.shape.kind !== 'socket') {
    try {
      link(bytesOf(site.from), bytesOf(site.to))
      return
    } catch (error) {
      if (!isCode(error, 'EPERM', 'EMLINK', 'EXDEV')) throw error
    }
  }
  await remakeFile(site, file, signal)
}

interface Clone {
  readonly file: LayerFile
  /** By inode, the first copy that was made of it. */
  readonly links: Map<string, ByteString>
}

async function cloneOnce(site: CopySite, { file, links }: Clone, signal: AbortSignal): Promise<void> {
  const inode = file.shape.kind === 'file' && file.shape.linkCount > 1 ? file.shape.inode : undefined
  const first = inode === undefined ? undefined : links.get(inode)
  if (first !== undefined) {
    link(bytesOf(first), bytesOf(site.to))
    return
  }
  await remakeFile(site, file, signal)
  if (inode !== undefined) links.set(inode, site.to)
}

const S_IFIFO = 0o010000

/** A new inode with the same content and metadata; of a folder only the inode. Sockets belong to processes and are left out. */
export async function remakeFile({ from, to }: CopySite, file: LayerFile, signal: AbortSignal): Promise<void> {
  const { shape } = file
  switch (shape.kind) {
    case 'folder':
      mkdirSync(bytesOf(to), { mode: 0o700 })
      return
    case 'whiteout':
      makeWhiteout(to)
      return
    case 'socket':
      return
    case 'file':
      await cloneFile(bytesOf(from), bytesOf(to), signal)
      break
    case 'symlink':
      symlinkSync(bytesOf(shape.target), bytesOf(to))
      break
    case 'fifo':
      mknod(bytesOf(to), S_IFIFO | 0o600, 0, 0)
      break
    case 'character-device':
    case 'block-device':
      makeDevice(to, shape)
  }
  applyMetadata(to, file, shape.kind)
}
