import type { Mount } from '../graph/vertex.ts'
import { fromText, textOfBytes } from '../kit/byteString.ts'
import type { MutableSnapshot, SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'
import { resolveInRoot } from './files/rootPath.ts'

/** What is mounted, for as long as this is held. */
export interface MountSource extends AsyncDisposable {
  /** Folder or file of the host. */
  readonly path: string
  /** Set where the process may write: into a layer of its own, which is lost unless it is committed. */
  readonly mutable: MutableSnapshot | undefined
}

export async function openMountSource({ readonly, isOutput, selector }: Mount, snapshot: SnapshotId | undefined, snapshots: SnapshotStore, signal: AbortSignal): Promise<MountSource> {
  const mutable = readonly && !isOutput ? undefined : await snapshots.openMutable(snapshot, signal)
  const held = mutable ?? (await snapshots.openView(snapshot, signal))
  return {
    path: selector === '' ? held.path : textOfBytes(resolveInRoot(fromText(held.path), fromText(selector), 'follow')),
    mutable,
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  }
}
