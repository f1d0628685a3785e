import type { Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { fromText } from '../../kit/byteString.ts'
import type { ContentHasher, ContentSelection } from '../../snapshot/contentHash.ts'
import type { SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import { sourceNotFound } from './sourceHint.ts'

export interface SelectionDeps {
  readonly hasher: ContentHasher
  readonly snapshots: SnapshotStore
}

/** Of what an op reads of a present snapshot. @throws SourceNotFoundError, with what there is instead */
export async function digestSelection(snapshot: SnapshotId | undefined, selection: ContentSelection, { hasher, snapshots }: SelectionDeps, signal: AbortSignal): Promise<Digest> {
  try {
    return await hasher.digest(snapshot, selection, signal)
  } catch (error) {
    if (!(error instanceof BuildError && error.kind === 'not-found')) throw error
    await using view = await snapshots.openView(snapshot, signal)
    throw sourceNotFound(selection.path, fromText(view.path), snapshot ?? 'scratch')
  }
}
