import type { ContentStore } from '../content/contentStore.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { Digest } from '../ground/digest.ts'
import type { Reference } from '../ground/reference.ts'
import type { Limit } from '../kit/limit.ts'
import type { OpenCachePlace } from '../registry/cacheplace/cachePlace.ts'
import type { Registry } from '../registry/registry.ts'
import type { SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { BlobSource } from './blobSource.ts'
import type { OpenClientStore } from './cache/clientStore.ts'
import type { ClientFiles } from './clientFiles.ts'
import type { BuildResult } from './exporter.ts'
import type { LayerPacker } from './layerPacker.ts'

/** What exporters of one solve work with; `engine` fills it in. */
export interface ExporterDeps {
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  readonly packer: LayerPacker
  readonly blobs: BlobSource
  /** With the credentials of the solve's session. */
  readonly registry: Registry
  /** A place for caches that is no registry; to be disposed. @throws InvalidValueError */
  readonly openCachePlace: OpenCachePlace
  /** Bounds the blobs that are pushed at once. */
  readonly uploads: Limit
  readonly images: ImageNames
  readonly client: ClientFiles
  readonly openClientStore: OpenClientStore
  /** Brings the files of a snapshot, all layers of it. */
  readonly ensurePresent: (snapshot: SnapshotId | undefined, signal: AbortSignal) => Promise<void>
  /** To be asked once the layers are packed, and before anything is named, pushed or written. Rejects where the result may not go out. Idempotent. */
  readonly approve: (result: BuildResult, signal: AbortSignal) => Promise<void>
  /** Keeps blobs from being pruned while the solve runs. */
  readonly protect: (digests: Iterable<Digest>, signal: AbortSignal) => Promise<void>
}

/** The local image store, by name. */
export interface ImageNames {
  /** Replaces what the name stood for. All that `root` names is in the content store or can be fetched. */
  tag(reference: Reference, root: Descriptor): Promise<void>
}
