import { lstatSync } from 'node:fs'
import { bytesOf, type ByteString } from '../../kit/byteString.ts'
import { joinPath, ROOT, sortedNames } from './bytePath.ts'
import { linkFile, removeTree, walkTree, type TreeEntry } from './fileTree.ts'
import { applyMetadata, readLayerFile } from './layerFile.ts'

/** Merges the layer in `diff` into `tree`, whose files become hard links to those of the layer. `tree`'s own inodes may be shared, and are not changed. */
export async function applyLayer(diff: ByteString, tree: ByteString, signal: AbortSignal): Promise<void> {
  const folders: TreeEntry[] = [{ path: ROOT, file: readLayerFile(diff) }]
  for await (const entry of walkTree(diff, signal)) {
    if (entry.file.shape.kind === 'folder') folders.push(entry)
    await applyEntry(entry, { diff, tree, signal })
  }
  // Children change their folder's time, so folders get theirs last
  for (const { path, file } of folders) applyMetadata(joinPath(tree, path), file, 'folder')
}

interface Target {
  readonly diff: ByteString
  readonly tree: ByteString
  readonly signal: AbortSignal
}

async function applyEntry(entry: TreeEntry, { diff, tree, signal }: Target): Promise<void> {
  const { path, file } = entry
  const to = joinPath(tree, path)
  const there = lstatSync(bytesOf(to), { throwIfNoEntry: false })
  if (there?.isDirectory() === true && file.shape.kind === 'folder') {
    if (file.shape.isOpaque) await removeContent(to)
    return
  }
  if (there !== undefined) await removeTree(to)
  if (file.shape.kind !== 'whiteout') await linkFile({ from: joinPath(diff, path), to }, file, signal)
}

async function removeContent(folder: ByteString): Promise<void> {
  for (const name of sortedNames(folder)) await removeTree(joinPath(folder, name))
}
