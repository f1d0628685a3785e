import type { BlobReader } from '../../../content/contentStore.ts'
import type { Descriptor } from '../../../ground/oci/descriptor.ts'
import { BuildError } from '../../../ground/errors.ts'
import type { Platform } from '../../../ground/platform.ts'
import type { Registry } from '../../../registry/registry.ts'
import type { OutputRequest } from '../../driver.ts'

/** One output of a build whose platforms are built apart: each part gives its own, and the client makes one of them. */
export interface SplitOutput {
  /** What the engine that builds `part` is asked for. Called once for each part. */
  requestFor(part: BuildPart): OutputRequest
  /** Called once `done` is built: its engine may be gone when the others are. Where it fails, `done` is as if it had not been built. */
  keep?(done: DonePart, signal: AbortSignal): Promise<void>
  /** Makes one result of those of the parts. Undefined where it is no image. */
  merge(build: DoneBuild, signal: AbortSignal): Promise<MergedImage | undefined>
}

/** All outputs of a build. */
export interface BuildOutputs {
  /** What the engine of `part` is asked for, solve by solve: what one tells is of one image. At least one. */
  requestsFor(part: BuildPart): readonly [readonly OutputRequest[], ...(readonly OutputRequest[])[]]
  /** Called once `solved` is built. */
  keep(solved: SolvedPart, signal: AbortSignal): Promise<void>
  /** The response of the whole build. */
  merge(build: SolvedBuild, signal: AbortSignal): Promise<ReadonlyMap<string, string>>
}

export interface SolvedBuild {
  /** All that were wanted, in their order. */
  readonly platforms: readonly Platform[]
  /** Which together have them all, each once. */
  readonly parts: readonly SolvedPart[]
}

/** As one solve has it. */
export interface DoneBuild {
  readonly platforms: readonly Platform[]
  readonly parts: readonly DonePart[]
}

/** Some platforms of a build, that one engine builds at once. Compared by identity. */
export interface BuildPart {
  readonly platforms: readonly Platform[]
  /** What its engine has; undefined where that may lose at once what nobody named, as a buildkitd does. */
  readonly blobs: Pick<BlobReader, 'read'> | undefined
}

export interface SolvedPart {
  readonly part: BuildPart
  /** The exporter responses of its engine, solve by solve. */
  readonly responses: readonly ReadonlyMap<string, string>[]
}

export interface DonePart {
  readonly part: BuildPart
  /** The exporter response of its engine. */
  readonly response: ReadonlyMap<string, string>
}

/** An image of all platforms. */
export interface MergedImage {
  readonly root: Descriptor
  readonly platforms: readonly MergedPlatform[]
  /** As the response tells them, with commas between; '' where it has none. */
  readonly names: string
}

export interface MergedPlatform {
  readonly platform: string
  readonly digest: string
  /** What a pull of it fetches but its manifest. */
  readonly sizeBytes: number
}

/** What merging needs of the client. */
export interface MergeParts {
  readonly openRegistry: () => Promise<Registry & AsyncDisposable>
  /** Takes an OCI archive into the local store of this machine. */
  readonly storeArchive: (archive: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<void>
  /** Where results for standard output go. */
  readonly stdout: NodeJS.WritableStream
  /** A folder for what is on its way; whoever made it removes it. */
  readonly scratch: () => string
  readonly now: () => number
}

/** An output that parts of a build cannot be merged to. */
export class OutputNotSplitError extends BuildError {
  readonly kind = 'usage'
}
