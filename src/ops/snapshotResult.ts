import type { SnapshotId } from '../snapshot/snapshotStore.ts'
import type { ResultId } from '../solver/op.ts'

/** Results of ops are snapshots' ids; '' is the empty file system. */
export function toSnapshot(result: ResultId | undefined): SnapshotId | undefined {
  return result === undefined || result === '' ? undefined : (result as SnapshotId)
}
