import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { ImageConfig } from '../ground/oci/imageConfig.ts'
import type { Platform } from '../ground/platform.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import type { SnapshotId } from '../snapshot/snapshotStore.ts'
import type { Attestation } from './attestation/attestation.ts'
import type { AttestationManifest } from './attestation/attestationManifest.ts'

/** What a build came to for one platform. */
export interface PlatformResult {
  /** `linux/arm64`: the key of the platform in results and metadata. */
  readonly id: string
  readonly platform: Platform
  /** Undefined: an empty file system. */
  readonly snapshot: SnapshotId | undefined
  /** With history; `diffIds` are filled in by the exporter. */
  readonly config: ImageConfig
  /** What is said of it, to be kept beside it. */
  readonly attestations: readonly Attestation[]
}

export interface BuildResult {
  /** In the order asked for; never empty. */
  readonly platforms: readonly PlatformResult[]
  /** Whether the client asked for an index even where there is one platform. */
  readonly isMultiPlatform: boolean
}

/** Takes a result to where the user wants it. Nothing is seen there before all of it is. */
export interface Exporter {
  /** `exporting to image`, `exporting to oci image format` */
  readonly name: string
  /** The response that goes to the client: `containerimage.digest` and the like. */
  export(result: BuildResult, progress: ExportProgress, signal: AbortSignal): Promise<ReadonlyMap<string, string>>
}

/** Progress of one export: its vertex is the exporter's own. */
export interface ExportProgress {
  readonly sink: ProgressSink
  step<T>(name: string, work: (report: (currentBytes: number, totalBytes: number) => void) => Promise<T>): Promise<T>
}

/** One image made: what its manifests are. */
export interface ExportedImage {
  readonly root: Descriptor
  readonly manifests: readonly { readonly platform: Platform; readonly descriptor: Descriptor; readonly config: Descriptor }[]
  /** In the order of the images that they speak of. */
  readonly attestations: readonly AttestationManifest[]
}
