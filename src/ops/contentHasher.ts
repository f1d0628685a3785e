import type { Digest } from '../ground/digest.ts'
import type { SnapshotId } from '../snapshot/snapshotStore.ts'

/** What of a snapshot is read. */
export interface ContentSelection {
  /** Absolute; '' and `/` are all of it. */
  readonly path: string
  readonly wildcard: boolean
  /** Whether the last component of `path` is followed where it is a link; those before it always are. */
  readonly followSymlinks: boolean
  /** Relative to the folder that `path` names, as in an ignore file. */
  readonly includePatterns: readonly string[]
  readonly excludePatterns: readonly string[]
}

/** Digests of what is in present snapshots: types, owners, modes, contents, names below the selected path; no times. */
export interface ContentHasher {
  /** Undefined is the empty file system. @throws PathNotFoundError */
  digest(snapshot: SnapshotId | undefined, selection: ContentSelection, signal: AbortSignal): Promise<Digest>
}
