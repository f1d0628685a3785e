import { lstatSync, mkdirSync } from 'node:fs'
import { bytesOf, type ByteString } from '../../kit/byteString.ts'
import { compareBytes, joinPath, ROOT, sortedNames, splitLast } from './bytePath.ts'
import { linkFile } from './fileTree.ts'
import { applyMetadata, findLayerFile, hasSameMetadata, makeOpaque, makeWhiteout, readLayerFile, type LayerFile } from './layerFile.ts'
import { isSameFile } from './sameFile.ts'

export interface TreePair {
  readonly before: ByteString
  readonly after: ByteString
  /** When `after` had become a copy of `before`, later than any time in it: an inode whose status did not change since is as it was. Undefined where it never was one. */
  readonly copiedNs: bigint | undefined
}

/** Writes to the new folder `diff` what turns `before` into `after`, in the format of overlayfs' upper folder, its files hard links to those of `after`. */
export async function writeDifference(pair: TreePair, diff: ByteString, signal: AbortSignal): Promise<void> {
  const writer = createWriter(pair.after, diff)
  writer.folder(ROOT, readLayerFile(pair.after))
  await compareFolder(ROOT, { pair, writer, signal })
  writer.finish()
}

interface Comparing {
  readonly pair: TreePair
  readonly writer: DiffWriter
  readonly signal: AbortSignal
}

async function compareFolder(folder: ByteString, comparing: Comparing): Promise<void> {
  const { before, after } = comparing.pair
  comparing.signal.throwIfAborted()
  const names = new Set([...sortedNames(joinPath(before, folder)), ...sortedNames(joinPath(after, folder))])
  for (const name of [...names].sort(compareBytes)) await compareEntry(joinPath(folder, name), comparing)
}

async function compareEntry(path: ByteString, comparing: Comparing): Promise<void> {
  const { pair, writer, signal } = comparing
  if (isUntouched(path, pair)) return
  const [before, after] = [findLayerFile(joinPath(pair.before, path)), findLayerFile(joinPath(pair.after, path))]
  if (after === undefined || after.shape.kind === 'socket') {
    if (before !== undefined) writer.whiteout(path)
    return
  }
  if (after.shape.kind !== 'folder') {
    if (before === undefined || !(await isSameFile(path, { before: pair.before, after: pair.after, files: [before, after], mayShareInodes: pair.copiedNs === undefined }, signal))) await writer.file(path, after, signal)
    return
  }
  if (before?.shape.kind !== 'folder') return addFolder(path, after, comparing)
  if (isMadeAnew(path, pair)) return replaceFolder(path, after, comparing)
  if (!hasSameMetadata(before, after)) writer.folder(path, after)
  await compareFolder(path, comparing)
}

/** As overlayfs has it, so that a layer is the same bytes wherever it was made: nothing of the old folder shows in the new one. */
async function replaceFolder(path: ByteString, file: LayerFile, comparing: Comparing): Promise<void> {
  await addFolder(path, file, comparing)
  comparing.writer.opaque(path)
}

/** Taken away and made again since it was copied; false where the file system does not tell when a folder was made. */
function isMadeAnew(path: ByteString, { after, copiedNs }: TreePair): boolean {
  return copiedNs !== undefined && lstatSync(bytesOf(joinPath(after, path)), { bigint: true }).birthtimeNs >= copiedNs
}

async function addFolder(path: ByteString, file: LayerFile, comparing: Comparing): Promise<void> {
  const { pair, writer, signal } = comparing
  writer.folder(path, file)
  for (const name of sortedNames(joinPath(pair.after, path))) {
    const child = joinPath(path, name)
    const childFile = readLayerFile(joinPath(pair.after, child))
    if (childFile.shape.kind === 'folder') await addFolder(child, childFile, comparing)
    else if (childFile.shape.kind !== 'socket') await writer.file(child, childFile, signal)
  }
}

/** Files only. The status time cannot be set by programs, and also changes when a file is renamed or linked. */
function isUntouched(path: ByteString, { before, after, copiedNs }: TreePair): boolean {
  if (copiedNs === undefined) return false
  const now = lstatSync(bytesOf(joinPath(after, path)), { bigint: true, throwIfNoEntry: false })
  if (now === undefined || now.isDirectory() || now.ctimeNs >= copiedNs) return false
  const then = lstatSync(bytesOf(joinPath(before, path)), { bigint: true, throwIfNoEntry: false })
  return then?.mode === now.mode && then.size === now.size && then.mtimeNs === now.mtimeNs
}

interface DiffWriter {
  whiteout(path: ByteString): void
  file(path: ByteString, file: LayerFile, signal: AbortSignal): Promise<void>
  /** A folder and what it needs above it; once is enough. */
  folder(path: ByteString, file: LayerFile): void
  /** Of a folder that was given. */
  opaque(path: ByteString): void
  finish(): void
}

function createWriter(after: ByteString, diff: ByteString): DiffWriter {
  const folders = new Map<ByteString, LayerFile>()
  const ensureFolder = (path: ByteString, file: LayerFile): void => {
    if (folders.has(path)) return
    if (path !== ROOT) ensureParent(path)
    mkdirSync(bytesOf(joinPath(diff, path)))
    folders.set(path, file)
  }
  const ensureParent = (path: ByteString): void => {
    const [parent] = splitLast(path)
    if (!folders.has(parent)) ensureFolder(parent, readLayerFile(joinPath(after, parent)))
  }
  return {
    folder: ensureFolder,
    opaque: (path) => makeOpaque(joinPath(diff, path)),
    whiteout(path) {
      ensureParent(path)
      makeWhiteout(joinPath(diff, path))
    },
    async file(path, file, signal) {
      ensureParent(path)
      await linkFile({ from: joinPath(after, path), to: joinPath(diff, path) }, file, signal)
    },
    finish() {
      for (const [path, file] of folders) applyMetadata(joinPath(diff, path), file, 'folder')
    },
  }
}
