import type { Duplex } from 'node:stream'
import type { Definition } from '../api/gen/ops_pb.ts'
import type { Policy } from '../api/gen/sourcepolicy_pb.ts'
import type { WorkerTraits } from '../api/llb/workerFilter.ts'
import type { ClientGraph } from '../api/llb/clientGraph.ts'
import type { BlobReader } from '../content/contentStore.ts'
import type { BuiltImage } from '../dockerfile/lower/contexts/namedContext.ts'
import type { Emulator, RunMode } from '../executor/executor.ts'
import type { SolvedCache } from '../exporter/cache/cacheExporter.ts'
import type { BuildResult } from '../exporter/exporter.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { Digest } from '../ground/digest.ts'
import type { Platform } from '../ground/platform.ts'
import type { SourceSpan } from '../ground/sourceSpan.ts'
import type { Reference } from '../ground/reference.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import type { SnapshotId } from '../snapshot/snapshotStore.ts'
import type { ClientAttestation } from './attestation/clientAttestations.ts'
import type { ResultFiles } from './build/resultFiles.ts'
import type { DebugRequest } from './debug/debugStep.ts'
import type { KeptStep } from './debug/failedStepStore.ts'
import type { RecordedProvenance } from './attestation/recordedProvenance.ts'
import type { BuildHistory } from './history/buildHistory.ts'
import type { PruneOptions } from './store/cachePrune.ts'
import type { GcRule } from './store/gcRule.ts'
import type { RecordFilter, UsageRecord } from './store/usageRecord.ts'
import type { Container, ContainerRequest } from './run/container.ts'
import type { ListedImage } from './images/imageList.ts'
import type { ResolveMode } from './images/imageResolver.ts'
import type { ImageStore } from './images/imageStore.ts'
import type { ClientContainer, ClientContainerRequest } from './containers/clientContainer.ts'
import type { Asker, SourceLookups } from './sources/sourceLookups.ts'

/** One store and what works on it. Every call may run beside every other, and beside other engines on the same store. */
export interface Engine extends AsyncDisposable {
  /** Random, of this process. */
  readonly id: string
  /** What it is to clients that choose between workers. */
  readonly worker: WorkerTraits
  readonly version: string
  readonly root: string
  /** `overlay` or `copy` */
  readonly snapshotter: string
  platforms(): readonly { readonly platform: Platform; readonly mode: RunMode }[]
  /** How `platform` runs here, or why it does not. */
  describePlatform(platform: Platform, signal: AbortSignal): Promise<PlatformSupport>

  /** Has built what `steer` says, and exports what it gives back. The exporters' responses, merged. */
  solve(request: SolveRequest, steer: Steer, progress: ProgressSink, signal: AbortSignal): Promise<ReadonlyMap<string, string>>

  /** What a client's own frontend asks. */
  readonly sources: SourceLookups

  /** The names of the local store; what they lead to is read by the calls below. */
  readonly images: ImageStore
  /** @throws LocalImageMissingError */
  listImages(only: Reference | undefined, signal: AbortSignal): Promise<readonly ListedImage[]>
  /** All of the store's blobs. */
  readonly blobs: BlobReader
  /** A manifest, index or config as stored; `digest` undefined is what the name stands for. */
  readImage(reference: Reference, digest: Digest | undefined, signal: AbortSignal): Promise<ImageDocument>
  /** Names in the local store what the registry has; empty `platforms` brings all. */
  pull(request: PullRequest, progress: ProgressSink, signal: AbortSignal): Promise<Descriptor>
  push(request: PushRequest, progress: ProgressSink, signal: AbortSignal): Promise<Descriptor>
  /** An OCI layout as tar; gives the names it came to. `name` is for an archive that has none. */
  load(tar: AsyncIterable<Uint8Array>, name: Reference | undefined, signal: AbortSignal): Promise<readonly Reference[]>
  /** An OCI layout as tar. */
  save(references: readonly Reference[], signal: AbortSignal): AsyncIterable<Uint8Array>

  /** Starts a container of an image, which is pulled first where `mode` says so. */
  openContainer(request: RunRequest, progress: ProgressSink, signal: AbortSignal): Promise<Container>

  /** A container for a client's own processes, of results that are there. */
  openClientContainer(request: ClientContainerRequest, asker: Asker, signal: AbortSignal): Promise<ClientContainer>

  /** The builds that are over; who serves builds puts them there. */
  readonly history: BuildHistory
  /** The failed steps that are kept, the last one first. */
  failedSteps(): readonly KeptStep[]
  /** Starts a process in what a failed step has left. */
  openDebug(request: DebugRequest, progress: ProgressSink, signal: AbortSignal): Promise<Container>

  /** By which it prunes itself between builds. */
  readonly gcRules: readonly GcRule[]
  /** Of what `filter` takes. */
  usage(filter: RecordFilter, signal: AbortSignal): Promise<readonly UsageRecord[]>
  /** Yields what is gone, as it goes. */
  prune(options: PruneOptions, signal: AbortSignal): AsyncIterable<UsageRecord>
}

export type PlatformSupport =
  | { readonly kind: 'native' }
  | { readonly kind: 'emulated'; readonly emulator: Emulator }
  /** `reason` says what is missing, `hint` what to do. */
  | { readonly kind: 'missing'; readonly reason: string; readonly hint: string }

export interface SolveRequest {
  /** By which the client calls it, and the history too. */
  readonly ref: string
  readonly sessionId: string
  /** None: the result is built and left in the cache. */
  readonly exporters: readonly ExporterRequest[]
  readonly entitlements: readonly string[]
  /** Rules about what all that it builds may fetch. */
  readonly sourcePolicies: readonly Policy[]
  /** Aborts when the client's session ends; until then what was found or made for it is at hand. */
  readonly sessionEnded: AbortSignal
  /** Caches of other machines to look into, on top of those that the frontend's attributes name. */
  readonly cacheImports: readonly CacheRequest[]
  /** Where what the build comes to is to be found by other machines. */
  readonly cacheExports: readonly CacheRequest[]
  /** Told at the end of a build what its history is to have of the result. */
  readonly onThrough: (provenance: readonly RecordedProvenance[]) => void
  /** Serves the frontends that are images. */
  readonly frontends: FrontendHost
}

/** A build cache that is elsewhere: BuildKit's types and attributes. */
export interface CacheRequest {
  readonly type: string
  readonly attributes: ReadonlyMap<string, string>
}

/** What is to be built: by the frontend, from a graph of the client's own, or put together of results that are there. */
export type BuildSubject = FrontendRequest | DefinitionRequest | ResultRequest

/** What a frontend is asked: `dockerfile.v0`, which hands on what a Dockerfile wants another one for, or an image. */
export interface FrontendRequest {
  readonly kind: 'frontend'
  /** The image that is the frontend; undefined is the built-in one. */
  readonly image: string | undefined
  readonly attributes: ReadonlyMap<string, string>
  /** For contexts that are `input:KEY`: results of other builds, and graphs of the client's own. */
  readonly inputs: ReadonlyMap<string, ClientGraph>
  /** The same as they came. */
  readonly inputDefinitions: Readonly<Record<string, Definition>>
  readonly resultOf: ResultLookup
  /** Rules of its own, behind those of the whole. */
  readonly sourcePolicies?: readonly Policy[]
}

export interface DefinitionRequest {
  readonly kind: 'definition'
  readonly graph: ClientGraph
  /** Of what is made beside the result: attestations, and the time that it is of. */
  readonly attributes: ReadonlyMap<string, string>
  readonly resultOf: ResultLookup
  /** Rules of its own, behind those of the whole. */
  readonly sourcePolicies?: readonly Policy[]
}

export interface ResultRequest {
  readonly kind: 'result'
  /** Never empty. */
  readonly platforms: readonly BuiltPlatform[]
  readonly isMultiPlatform: boolean
  /** As of a definition. */
  readonly attributes: ReadonlyMap<string, string>
}

/** What another build has come to, by the id that it was given; undefined where it is not at hand any more. */
export type ResultLookup = (id: string) => BuiltImage | undefined

/** Reads and checks what is to be built, which then is done where somebody evaluates it; or answers what is asked. */
export type Build = (subject: BuildSubject, signal: AbortSignal) => Promise<Built | Answer>
/** Any number of builds, and which result is exported: undefined is none. */
export type Steer = (build: Build, signal: AbortSignal) => Promise<Built | Answer | undefined>

/** What a frontend that runs here builds with. */
export interface FrontendCall extends Pick<SolveRequest, 'sessionId' | 'entitlements' | 'sourcePolicies' | 'sessionEnded'> {
  readonly request: FrontendRequest
  readonly build: Build
  readonly progress: ProgressSink
}

/** Port: BuildKit's API (`LLBBridge`) for one frontend. */
export interface FrontendHost {
  /** The engine as a list of BuildKit's workers, in JSON. */
  workers(): string
  /** Serves it on `connection` until what it gives is disposed; what it has built lasts as long as the session. */
  serve(connection: Duplex, call: FrontendCall, signal: AbortSignal): ServedFrontend
}

export interface ServedFrontend extends AsyncDisposable {
  /** What the frontend has returned by now; undefined where it has returned nothing. Rejects with the error that it has returned. */
  readonly outcome: () => Promise<Built | Answer> | undefined
  /** Resolves when the connection is over: the frontend can say nothing any more. */
  readonly closed: Promise<void>
}

/** Of a subrequest, such as a check: there is nothing to export. */
export interface Answer {
  readonly kind: 'answer'
  /** `result.json`, `result.txt` and the like. */
  readonly metadata: ReadonlyMap<string, string>
}

export interface Built {
  readonly kind: 'built'
  readonly platforms: readonly BuiltPlatform[]
  readonly isMultiPlatform: boolean
  /** Does the work, once however often it is called. */
  evaluate(signal: AbortSignal): Promise<BuildResult>
  /** Does the work for one of the platforms, by its place among them, once however often it is called, for as long as a caller waits; undefined is an empty file system. Its files need not be here. */
  solve(index: number, signal: AbortSignal): Promise<SnapshotId | undefined>
  /** The files of one of the platforms, for as long as they are held; does the work for it, and brings what is not here. */
  openFiles(index: number, signal: AbortSignal): Promise<ResultFiles>
  /** Of each platform of the result, in their order; evaluates it. */
  provenance(signal: AbortSignal): Promise<readonly RecordedProvenance[]>
  /** What the audit is to do, and what it is told of each platform of the result, in their order. */
  readonly audit: AuditOrder
  /** SOURCE_DATE_EPOCH of the build; undefined where it names none. */
  readonly epochSeconds: number | undefined
  /** What of it other machines are told; evaluates it. */
  evaluateCache(signal: AbortSignal): Promise<SolvedCache>
  /** Blobs of other machines' results, as far as they are in no registry. */
  readonly foreignBlobs: BlobReader | undefined
}

/** One platform of what is built. */
export interface BuiltPlatform {
  /** `linux/arm64` */
  readonly id: string
  readonly platform: Platform
  readonly image: BuiltImage
  /** What the client says of it itself; absent is nothing. */
  readonly attestations?: readonly ClientAttestation[]
}

export interface AuditOrder {
  readonly mode: AuditMode
  readonly origins: readonly LayerOrigins[]
}

/** `error`: nothing leaves the engine where an error is found. */
export type AuditMode = 'error' | 'warn' | 'off'

/** Where the layers of a result come from. */
export interface LayerOrigins {
  /** How many are the base image's. */
  readonly baseLayers: number
  /** The steps behind the layers on top of them. */
  readonly spans: readonly SourceSpan[]
}

export interface ExporterRequest {
  readonly type: string
  readonly attributes: ReadonlyMap<string, string>
}

export interface ImageDocument {
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
}

export interface PullRequest {
  readonly reference: Reference
  readonly platforms: readonly Platform[]
  readonly sessionId: string
}

export interface PushRequest {
  readonly reference: Reference
  readonly sessionId: string
}

export interface RunRequest extends Omit<ContainerRequest, 'platform'> {
  readonly reference: Reference
  /** Undefined: the machine's own. */
  readonly platform: Platform | undefined
  readonly mode: ResolveMode
  readonly sessionId: string
}

