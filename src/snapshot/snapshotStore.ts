import type { TarEntry } from '../archive/tar.ts'
import type { Digest } from '../ground/digest.ts'
import { BuildError } from '../ground/errors.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { ByteString } from '../kit/byteString.ts'
import type { MakeBuffers } from '../kit/streams/chunkBuffers.ts'

/** Names one immutable root file system: for layers of an image its chain id (OCI image-spec, config.md#layer-chainid), else random. */
export type SnapshotId = string & { readonly __brand: 'SnapshotId' }

/**
 * Root file systems as stacks of layers. A snapshot is a parent and what it changes; it never alters once it exists,
 * so files may be hard links between snapshots. A lazy snapshot is known (parent, blob, where to get it) but its files
 * are not here yet; `openView` and `openMutable` need every snapshot of the stack to be present.
 * Several processes may use one store.
 */
export interface SnapshotStore {
  get(id: SnapshotId): Snapshot | undefined
  /** The snapshot and those under it, lowest first. @throws SnapshotNotFoundError */
  chain(id: SnapshotId): readonly Snapshot[]

  /** Marks a snapshot as used now; false where it is not known. */
  touch(id: SnapshotId): boolean

  /** Makes a layer known without its files, and marks it as used now. Idempotent; a present snapshot stays present. */
  registerLazy(layer: LazyLayer): void
  /**
   * Brings the files of a lazy snapshot from its uncompressed tar stream, whose digest is compared with its `diffId`; the parent must be present.
   * Equal calls at once share one unpacking. @throws LayerInvalidError; SnapshotNotFoundError
   */
  unpack(id: SnapshotId, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>

  /**
   * The snapshot that changes over `parent` what `layer` changes over its own parent: the same layer with the same
   * blobs, on something else. Lazy at first. Named by the two, so idempotent; it is `layer` itself where that stands on
   * `parent` already. `layer` is kept as long as its grafts are. @throws SnapshotNotFoundError
   */
  graft(layer: SnapshotId, parent: SnapshotId | undefined): SnapshotId
  /** Brings the files of a lazy graft out of the snapshot that it is of, as hard links; that and the parent must be present. As `unpack` otherwise. */
  materialize(id: SnapshotId, signal: AbortSignal): Promise<void>
  /** A snapshot on `lower` with the files of `upper` (undefined: none); both must be present. Files are told apart by metadata and content. */
  difference(lower: SnapshotId, upper: SnapshotId | undefined, signal: AbortSignal): Promise<SnapshotId>

  /** A writable file system over `parent` (undefined: an empty one). Disposing without commit leaves nothing. */
  openMutable(parent: SnapshotId | undefined, signal: AbortSignal): Promise<MutableSnapshot>
  /**
   * The same over what `id`, whose layers must all be present, comes to in two layers, its lowest and one of hard links:
   * for who has put many small changes above each other. `readChanges` takes the two for one. Undefined where they were
   * no small changes.
   */
  openFolded(id: SnapshotId, signal: AbortSignal): Promise<MutableSnapshot | undefined>
  /**
   * A writable file system over that of `id`. Committed, it is a revision: a snapshot on the parent of `id`, whose layer
   * is that of `id` with what was changed, which alone takes room and time. `id` is kept as long as its revisions are.
   * What is taken away in it must be of that layer alone, with nothing of its name below. Undefined where this store has no revisions of `id`, or too much was changed since its lowest.
   */
  openRevision(id: SnapshotId, signal: AbortSignal): Promise<MutableSnapshot | undefined>
  /** The files of `id` (undefined: an empty folder), read-only by agreement; held until disposed. */
  openView(id: SnapshotId | undefined, signal: AbortSignal): Promise<SnapshotView>

  /** The uncompressed layer tar of `id` against its parent, reproducible: entries in path order, whiteouts as OCI layer.md has them. */
  readLayer(id: SnapshotId, options: LayerOptions, signal: AbortSignal): AsyncIterable<Uint8Array>
  /**
   * Of that layer the entries themselves, for readers that look at little of what is in them: content need not be read,
   * and begins with a small piece. `revision`: of a revision only what was changed, even where it is as the parent has it.
   */
  readEntries(id: SnapshotId, extent: 'layer' | 'revision', signal: AbortSignal): AsyncIterable<TarEntry>
  /**
   * What was changed in `id` since it was `earlier`, on which it stands: what each layer between them has, lowest first,
   * folders on the way too. Undefined where it does not stand on it, nor on what it was folded to. @throws SnapshotNotFoundError
   */
  readChanges(earlier: SnapshotId, id: SnapshotId, signal: AbortSignal): AsyncIterable<SnapshotChange> | undefined
  /** Whether `id` changes nothing against its parent. */
  isEmptyLayer(id: SnapshotId, signal: AbortSignal): Promise<boolean>

  /** Remembers that `blob` holds the layer `id`, so that it need not be packed again. Several blobs (gzip, zstd) may. */
  recordBlob(id: SnapshotId, blob: LayerBlob): void
  blobs(id: SnapshotId): readonly LayerBlob[]
  /** Undoes that, for a blob that turned out not to be had, or not to hold the layer. Idempotent. */
  forgetBlob(id: SnapshotId, blob: Pick<LayerBlob, 'repository'> & { readonly digest: Digest }): void

  /** Snapshots with their sizes in bytes (own files only) and last use. */
  usage(signal: AbortSignal): Promise<readonly SnapshotUsage[]>
  /** Removes a snapshot that nothing stands on, nobody holds and nobody used since `usedBefore` (in ms since the epoch); false where it stays. */
  remove(id: SnapshotId, usedBefore: number, signal: AbortSignal): Promise<boolean>
}

export interface Snapshot {
  readonly id: SnapshotId
  readonly parent: SnapshotId | undefined
  /** Of a graft the snapshot whose layer it has. */
  readonly origin: SnapshotId | undefined
  /** Of a revision the snapshot whose layer it has changes of. */
  readonly revises: SnapshotId | undefined
  readonly state: 'lazy' | 'present'
  /** Uncompressed digest of the layer, where known. */
  readonly diffId: Digest | undefined
}

export interface LazyLayer {
  readonly id: SnapshotId
  readonly parent: SnapshotId | undefined
  readonly blob: LayerBlob
}

/** A packed layer. */
export interface LayerBlob {
  readonly descriptor: Descriptor
  readonly diffId: Digest
  /** Where it can be fetched when it is not in the content store: `host/repository`; undefined for a blob made here. */
  readonly repository: string | undefined
  /** That it was compressed with; absent where that is not known, or where it is not compressed. */
  readonly level?: number
}

export interface LayerOptions {
  /** Times later than this are set to it (seconds since the epoch); undefined keeps all. */
  readonly clampTimeSeconds: number | undefined
  /** What the chunks of an archive stand in; undefined gives each memory of its own. */
  readonly buffers?: MakeBuffers
}

/** Something was made or touched, or taken away: of a folder that is replaced its removal is told, then the folder. */
export interface SnapshotChange {
  readonly path: ByteString
  readonly kind: 'folder' | 'other' | 'removal'
}

export interface MutableSnapshot extends AsyncDisposable {
  /** Folder in which the whole file system is seen and changed. */
  readonly path: string
  /**
   * Makes it a snapshot, and ends the use of `path`. Held like a view until this object is disposed. `finish` is called
   * before, with the layer's own folder, in which what was made or touched through `path` stands: there it may still
   * put what has new names, such as hard links to the files of other snapshots, which no mount would allow.
   */
  commit(finish?: (layer: string) => Promise<void>): Promise<SnapshotId>
}

export interface SnapshotView extends AsyncDisposable {
  readonly path: string
  /** The layers' own folders, lowest first. Of a file seen in `path`, the highest that has it holds the inode that a hard link can be made to. */
  readonly layers: readonly string[]
}

export interface SnapshotUsage {
  readonly id: SnapshotId
  readonly parent: SnapshotId | undefined
  /** What it stands on too: of a graft its origin, of a revision what it revises. */
  readonly origin: SnapshotId | undefined
  readonly state: 'lazy' | 'present'
  readonly sizeBytes: number
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly inUse: boolean
}

export class SnapshotNotFoundError extends BuildError {
  readonly kind = 'not-found'
  constructor(id: string) {
    super(`snapshot not found: ${id}`, { hint: 'it may have been pruned; run the build again' })
  }
}

/** A layer that is no tar archive, leaves its root, or breaks off. */
export class LayerInvalidError extends BuildError {
  readonly kind = 'corrupt'
}
