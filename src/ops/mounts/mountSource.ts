import { fromText, textOfBytes } from '../../kit/byteString.ts'
import type { MutableSnapshot, SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import { sourceNotFound } from '../files/sourceHint.ts'
import { findStat } from '../files/metadata.ts'
import { resolveInRoot } from '../files/rootPath.ts'

/** What is mounted, for as long as this is held. */
export interface MountSource extends AsyncDisposable {
  /** Folder or file of the host. */
  readonly path: string
  /** Set where the process may write: into a layer of its own, which is lost unless it is committed. */
  readonly mutable: MutableSnapshot | undefined
}

export interface MountSourceRequest {
  readonly snapshot: SnapshotId | undefined
  readonly selector: string
  readonly isWritable: boolean
}

/** @throws SourceNotFoundError where the snapshot has nothing at the selector */
export async function openMountSource({ snapshot, selector, isWritable }: MountSourceRequest, snapshots: SnapshotStore, signal: AbortSignal): Promise<MountSource> {
  await using undo = new AsyncDisposableStack()
  const mutable = isWritable ? undo.use(await snapshots.openMutable(snapshot, signal)) : undefined
  const { path: root } = mutable ?? undo.use(await snapshots.openView(snapshot, signal))
  const path = selector === '' ? root : locate(root, selector)
  const held = undo.move()
  return { path, mutable, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

function locate(root: string, selector: string): string {
  const path = resolveInRoot(fromText(root), fromText(selector), 'follow')
  if (findStat(path) === undefined) throw sourceNotFound(selector, fromText(root), undefined)
  return textOfBytes(path)
}
