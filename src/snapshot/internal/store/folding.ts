import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fromText, type ByteString } from '../../../kit/byteString.ts'
import type { SnapshotId } from '../../snapshotStore.ts'
import { diffOf } from '../backend.ts'
import { joinPath } from '../bytePath.ts'
import { linkFile, type TreeEntry } from '../fileTree.ts'
import { applyMetadata, makeOpaque, readLayerFile } from '../layerFile.ts'
import { walkMerged } from '../mergedTree.ts'
import type { HoldId, StoredSnapshot } from '../snapshotTable.ts'
import { holdUntilDisposed, layerOf, layersFolder, openScratch, presentOf, type Call } from './storeContext.ts'

/*
 * Small changes above each other make a stack that grows, in which each look-up takes longer. To fold them is to make
 * one layer of all but the lowest, of hard links: it costs what was changed, and not what is in the lowest. Where too
 * much was, the lowest has little of what is seen any more, and all is better made anew.
 */

/** A snapshot, and the hold of this process on it. */
export interface Folded {
  readonly id: SnapshotId
  readonly hold: HoldId
}

/** `id` as two layers: the lowest of its chain, and what those above come to. All must be present. Undefined where that is too much. */
export async function foldChain(id: SnapshotId, call: Call): Promise<Folded | undefined> {
  const [lowest, ...uppers] = call.context.table.chain(id).map(({ id: each }) => presentOf(each, call.context))
  if (lowest === undefined) throw new Error(`snapshot ${id} has no layers`)
  const parts = uppers.flatMap((snapshot) => call.context.table.parts(snapshot))
  return await insertFolded({ folds: id, parent: lowest.id }, parts, call)
}

/** The same of the parts of a revision: the result revises the lowest of them. */
export async function foldParts(id: SnapshotId, call: Call): Promise<Folded | undefined> {
  const { table } = call.context
  const revision = presentOf(id, call.context)
  const [lowest, ...uppers] = table.parts(revision)
  if (lowest === undefined) throw new Error(`snapshot ${id} has no parts`)
  return await insertFolded({ folds: id, parent: revision.parent, revises: lowest.id }, uppers, call)
}

interface Place {
  readonly folds: SnapshotId
  readonly parent: SnapshotId | undefined
  readonly revises?: SnapshotId
}

/** `parts`: lowest first. */
async function insertFolded(place: Place, parts: readonly StoredSnapshot[], { context, signal }: Call): Promise<Folded | undefined> {
  await using undo = new AsyncDisposableStack()
  holdUntilDisposed(undo, context.table.hold(place.folds, context.owner.name, context.now()), context)
  const layer = join(openScratch(undo, context), 'layer')
  mkdirSync(diffOf(layer), { recursive: true })
  const folders = parts.map((part) => fromText(diffOf(layerOf(part, context)))).reverse()
  if (!(await linkMerged(folders, fromText(diffOf(layer)), signal))) return undefined
  const folder = context.nextName()
  renameSync(layer, join(layersFolder(context.root), folder))
  const id = randomUUID() as SnapshotId
  return { id, hold: context.table.insertPresent(id, { ...place, folder, owner: context.owner.name }, context.now()) }
}

const MAX_ENTRIES = 5_000

/** In the format of overlayfs' upper folder, as `folders` are, highest first. False where they have too much in them. */
async function linkMerged(folders: readonly ByteString[], target: ByteString, signal: AbortSignal): Promise<boolean> {
  const made: TreeEntry[] = []
  let count = 0
  for await (const { path, file, part } of walkMerged(folders, signal)) {
    if ((count += 1) > MAX_ENTRIES) return false
    await linkFile({ from: joinPath(part, path), to: joinPath(target, path) }, file, signal)
    if (file.shape.kind === 'folder') made.push({ path, file })
  }
  // children change their folder's time, and marks would, so folders get theirs last
  for (const { path, file } of made) {
    if (file.shape.kind === 'folder' && file.shape.isOpaque) makeOpaque(joinPath(target, path))
    applyMetadata(joinPath(target, path), file, 'folder')
  }
  const [highest] = folders
  if (highest !== undefined) applyMetadata(target, readLayerFile(highest), 'folder')
  return true
}
