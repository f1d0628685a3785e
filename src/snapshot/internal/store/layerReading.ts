import type { TarEntry } from '../../../archive/tar.ts'
import { fromText, type ByteString } from '../../../kit/byteString.ts'
import { readLayerEntries, type LayerReadOptions } from '../../layerDiff.ts'
import type { SnapshotChange, SnapshotId } from '../../snapshotStore.ts'
import { diffOf } from '../backend.ts'
import { walkTree } from '../fileTree.ts'
import { hasSameMetadata, NEW_FOLDER, readLayerFile } from '../layerFile.ts'
import type { StoredSnapshot } from '../snapshotTable.ts'
import { holdUntilDisposed, layerOf, layersOf, openView, partsOf, presentOf, type Call, type Context } from './storeContext.ts'

export interface EntriesOptions extends LayerReadOptions {
  /** `revision`: only what a revision has in its own folder. */
  readonly extent: 'layer' | 'revision'
}

/** What a snapshot changes, as the entries of its layer; a graft's are those of its origin. @throws SnapshotNotFoundError */
export async function* readEntries(id: SnapshotId, { extent, ...options }: EntriesOptions, { context, signal }: Call): AsyncGenerator<TarEntry> {
  await using undo = new AsyncDisposableStack()
  const origin = presentOf(id, context).origin ?? id
  holdUntilDisposed(undo, context.table.hold(origin, context.owner.name, context.now()), context)
  const snapshot = presentOf(origin, context)
  const lower = snapshot.parent === undefined || extent === 'revision' ? undefined : undo.use(await openView(snapshot.parent, context, signal)).path
  const parts = extent === 'revision' ? [layerOf(snapshot, context)] : partsOf(snapshot, context)
  const layer = { folders: parts.map((part) => fromText(diffOf(part))).reverse(), lower: lower === undefined ? undefined : fromText(lower) }
  yield* readLayerEntries({ ...layer, hasOwnRoot: hasOwnRoot(snapshot, context) }, options, signal)
}

/** As `SnapshotStore.readChanges`. */
export function readChanges(earlier: SnapshotId, id: SnapshotId, { context, signal }: Call): AsyncIterable<SnapshotChange> | undefined {
  const layers = layersOf(id, context)
  const before = layersBefore(earlier, id, context)
  return before === undefined ? undefined : changesIn(layers.slice(before).map((layer) => fromText(diffOf(layer))), signal)
}

/** How many of the lowest layers of `id` come to `earlier`; undefined where none do. */
function layersBefore(earlier: SnapshotId, id: SnapshotId, context: Context): number | undefined {
  const folded = context.table.chain(id).findLast(({ folds }) => folds === earlier)
  if (folded !== undefined) return layersOf(folded.id, context).length
  const [before, layers] = [layersOf(earlier, context), layersOf(id, context)]
  return before.every((layer, index) => layers[index] === layer) ? before.length : undefined
}

async function* changesIn(folders: readonly ByteString[], signal: AbortSignal): AsyncGenerator<SnapshotChange> {
  for (const folder of folders) {
    for await (const { path, file: { shape } } of walkTree(folder, signal)) {
      if (shape.kind === 'whiteout' || (shape.kind === 'folder' && shape.isOpaque)) yield { path, kind: 'removal' }
      if (shape.kind !== 'whiteout') yield { path, kind: shape.kind === 'folder' ? 'folder' : 'other' }
    }
  }
}

/** Whether the root folder itself was given another mode, owner or attribute. */
function hasOwnRoot(snapshot: StoredSnapshot, context: Context): boolean {
  const rootOf = (id: SnapshotId): ReturnType<typeof readLayerFile> => readLayerFile(fromText(diffOf(layerOf(presentOf(id, context), context))))
  const before = snapshot.parent === undefined ? NEW_FOLDER : rootOf(snapshot.parent)
  const after = rootOf(snapshot.id)
  return !hasSameMetadata({ ...before, mtimeNs: 0n }, { ...after, mtimeNs: 0n })
}
