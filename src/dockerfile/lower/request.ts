import type { Digest } from '../../ground/digest.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Platform } from '../../ground/platform.ts'
import type { SourceText } from '../../ground/sourceSpan.ts'
import type { ExtraHost, NetworkMode, Source, Ulimit } from '../../graph/vertex.ts'
import type { DockerfileError } from '../dockerfileError.ts'
import type { DockerfileWarning } from '../dockerfileWarning.ts'
import type { BuiltImage, InputPart, NamedContexts, SessionOf } from './contexts/namedContext.ts'
import type { RemoteContext } from './contexts/remoteContext.ts'
import type { TwinRequest } from './twins/twinRequest.ts'

/** A Dockerfile to be built for one platform, and what the user says about it. */
export interface LowerRequest {
  readonly source: SourceText
  readonly targetPlatform: Platform
  /** The platform that runs natively. */
  readonly buildPlatform: Platform
  /** Name or number of a stage; undefined is the last one. */
  readonly target: string | undefined
  readonly buildArgs: ReadonlyMap<string, string>
  /** Added to the image's own. */
  readonly labels: ReadonlyMap<string, string>
  readonly sessionOf: SessionOf
  readonly sharedKeyHint: string
  /** The name by which the client serves the build context: `context`. */
  readonly contextName: string
  readonly ignorePatterns: readonly string[]
  /** The build context, where it is no folder of the client. */
  readonly remoteContext?: RemoteContext | undefined
  /** The build context, where it is the result of another build. */
  readonly inputContext?: InputPart | undefined
  /** Undefined is none. */
  readonly namedContexts?: NamedContexts | undefined
  /** What is to be fetched in the place of a source, images being looked up already. Absent: all as it is. @throws BuildError where it may not be fetched */
  readonly judgeSource?: ((source: Source) => Source) | undefined
  /** All stages, or those named. */
  readonly noCache: 'none' | 'all' | readonly string[]
  /** Of every RUN that names none. */
  readonly networkMode: NetworkMode
  readonly extraHosts: readonly ExtraHost[]
  readonly hostname: string
  readonly ulimits: readonly Ulimit[]
  /** 0 is the default. */
  readonly shmSizeBytes: number
  readonly cgroupParent: string
  /** Whether step names carry the platform. */
  readonly isMultiPlatform: boolean
  /** Whether an SBOM is asked for: then what the Dockerfile names for it is told, and a part of the graph. */
  readonly isScanned?: boolean | undefined
  /** Seconds since 1970: what SOURCE_DATE_EPOCH comes to where it names a context or a stage (`findEpoch`): when the commit was made, or what is at the URL was changed. Undefined for a folder, and where it is not known. */
  readonly epochTimeSeconds?: number | undefined
  /** Of a platform that is emulated here, where its steps are to have native twins. */
  readonly twins?: TwinRequest | undefined
}

export interface LoweredImage extends BuiltImage {
  /** What SOURCE_DATE_EPOCH has come to; undefined where there is none. */
  readonly epochSeconds: number | undefined
  readonly warnings: readonly DockerfileWarning[]
  /** What the warnings come to where the Dockerfile wants none (`# check=error=true`). */
  readonly lintError: DockerfileError | undefined
}

/** Port: finds out what an image reference means. */
export interface ImageResolver {
  /** For the manifest that serves `platform` best. @throws BuildError where there is none */
  resolveImage(reference: string, platform: Platform, signal: AbortSignal): Promise<ResolvedImage>
}

export interface ResolvedImage {
  /** In full, with digest. */
  readonly reference: string
  /** The platform's own manifest. */
  readonly manifest: Digest
  readonly config: ImageConfig
}
