import type { TarEntry } from '../../../archive/tar.ts'
import { fromText } from '../../../kit/byteString.ts'
import { readLayerEntries } from '../../layerDiff.ts'
import type { LayerOptions, SnapshotId } from '../../snapshotStore.ts'
import { diffOf } from '../backend.ts'
import { hasSameMetadata, NEW_FOLDER, readLayerFile } from '../layerFile.ts'
import type { StoredSnapshot } from '../snapshotTable.ts'
import { holdUntilDisposed, layerOf, openView, presentOf, type Call, type Context } from './storeContext.ts'

/** What a snapshot changes, as the entries of its layer; a graft's are those of its origin. @throws SnapshotNotFoundError */
export async function* readEntries(id: SnapshotId, options: LayerOptions, { context, signal }: Call): AsyncGenerator<TarEntry> {
  await using undo = new AsyncDisposableStack()
  const origin = presentOf(id, context).origin ?? id
  holdUntilDisposed(undo, context.table.hold(origin, context.owner.name, context.now()), context)
  const snapshot = presentOf(origin, context)
  const lower = snapshot.parent === undefined ? undefined : undo.use(await openView(snapshot.parent, context, signal)).path
  const layer = { folder: fromText(diffOf(layerOf(snapshot, context))), lower: lower === undefined ? undefined : fromText(lower) }
  yield* readLayerEntries({ ...layer, hasOwnRoot: hasOwnRoot(snapshot, context) }, options, signal)
}

/** Whether the root folder itself was given another mode, owner or attribute. */
function hasOwnRoot(snapshot: StoredSnapshot, context: Context): boolean {
  const rootOf = (id: SnapshotId): ReturnType<typeof readLayerFile> => readLayerFile(fromText(diffOf(layerOf(presentOf(id, context), context))))
  const before = snapshot.parent === undefined ? NEW_FOLDER : rootOf(snapshot.parent)
  const after = rootOf(snapshot.id)
  return !hasSameMetadata({ ...before, mtimeNs: 0n }, { ...after, mtimeNs: 0n })
}
