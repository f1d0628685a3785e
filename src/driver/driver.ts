import type { Client } from '@connectrpc/connect'
import type { Duplex } from 'node:stream'
import { PeerLostError } from '../api/errorMapping.ts'
import type { Content } from '../api/gen/content_pb.ts'
import type { Control } from '../api/gen/control_pb.ts'
import type { LLBBridge } from '../api/gen/gateway_pb.ts'
import type { Policy } from '../api/gen/sourcepolicy_pb.ts'
import type { LocalEngine } from '../api/gen/local_pb.ts'
import type { ClientCall } from '../api/grpc/clientCall.ts'
import type { Metadata } from '../api/grpc/metadata.ts'
import { BuildError } from '../ground/errors.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import type { CredentialSource } from '../registry/registry.ts'
import type { AgentKey } from './agent/keyAgent.ts'

/** A way to reach an engine. */
export interface Driver {
  /** `embedded`, `unix:///run/…` */
  readonly name: string
  /** Starts what has to be started. @throws EngineUnavailableError */
  connect(signal: AbortSignal): Promise<EngineClient>
  /** Starts nothing: undefined where no engine answers within a few seconds. */
  attach(signal: AbortSignal): Promise<EngineClient | undefined>
  /** As `connect`, but the bytes themselves: for who speaks the engine's API by itself. @throws EngineUnavailableError */
  dial(signal: AbortSignal): Promise<EngineStream>
  /** Of a driver that keeps the place its engine runs in, such as a container; absent where there is none but the engine's process. */
  readonly place?: EnginePlace
  /** How long its engine may take to answer, in milliseconds, where that was said. */
  readonly answerMs?: number
}

/** Where an engine runs that a driver made: there before the engine is, and after. Calls on what is not there do nothing. */
export interface EnginePlace {
  status(signal: AbortSignal): Promise<'running' | 'stopped' | 'absent'>
  /** `connect` starts it again. @throws EngineUnavailableError */
  stop(signal: AbortSignal): Promise<void>
  /** @throws EngineUnavailableError */
  remove(keep: { readonly keepsState: boolean; readonly keepsEngine: boolean }, signal: AbortSignal): Promise<void>
}

/** A byte stream to an engine, and what is known of who answers there. */
export interface EngineStream {
  /** BuildKit's API at the other end, as HTTP/2 without TLS of its own. Destroying it ends what carries it. */
  readonly connection: Duplex
  /** Whether the engine is of this machine and user, so that it may read the user's folders itself. */
  readonly isSameMachine: boolean
  /** Once it has ended: why, as far as what carried it can say. Resolves soon; '' where it has nothing to say. */
  whyEnded?(): Promise<string>
  /** Of a way over a network: how long it may be silent, in milliseconds, before the engine is asked for a sign of life. Absent where an end is always told. */
  readonly silenceMs?: number
}

/** A connection to one engine: Pelago's or a buildkitd. Disposing closes it; an embedded engine then ends or lingers. */
export interface EngineClient extends AsyncDisposable {
  readonly control: Client<typeof Control>
  /** For builds that are driven call by call. */
  readonly bridge: Client<typeof LLBBridge>
  /** Pelago's own service; its calls fail with UnsupportedByPeerError where the other end is a buildkitd. */
  readonly local: Client<typeof LocalEngine>
  /** containerd's content service: blobs of the engine's store. */
  readonly content: Client<typeof Content>
  /** Whether the engine is of this machine and user, so that it may read the user's folders itself. */
  readonly isSameMachine: boolean
  /** Resolves when the other end has said its first word, as an engine does at once; rejects where it ends before. @throws signal.reason */
  begun(signal: AbortSignal): Promise<void>
  /** A call on the level of messages, for what typed clients cannot say: headers that come several times. */
  openCall(path: string, metadata: Metadata, signal: AbortSignal): ClientCall
}

/** No engine at the other end, or none that starts. */
export class EngineUnavailableError extends BuildError {
  readonly kind = 'unavailable'
}

/** The engine ended, or the way to it broke, in the middle of something: no failure of what it did, which another one may do. */
export class EngineLostError extends PeerLostError {
  /** Its address. */
  readonly engine: string
  /** What it was doing: `building`. */
  readonly activity: string

  constructor({ engine, activity, reason }: { readonly engine: string; readonly activity: string; readonly reason: string }, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(`lost the engine ${engine} while it was ${activity}: ${reason}`, options)
    this.engine = engine
    this.activity = activity
  }
}

/** A build as the command wants it; `solve` makes one session and one SolveRequest of it. */
export interface BuildRequest {
  readonly frontend: 'dockerfile.v0'
  /** Frontend attributes as BuildKit has them: `filename`, `platform`, `build-arg:K`, `target`, `no-cache`, … */
  readonly attributes: ReadonlyMap<string, string>
  /** Folders of the client by name (`context`, `dockerfile`), absolute. */
  readonly folders: ReadonlyMap<string, string>
  /** Where the Dockerfile or the context was given as bytes (`-f -`): named in-memory files that the session serves as the folder of that name. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>
  /** What the engine may ask for once by the URL `http://buildkit-session/<name>`: a context from the standard input. */
  readonly uploads: ReadonlyMap<string, AsyncIterable<Uint8Array>>
  /** OCI layouts of the client, folders whose blobs the engine may read, by what BuildKit calls their store: `oci:<name>` is a context, `local:<folder>` a cache. */
  readonly stores: ReadonlyMap<string, string>
  /** Those of them that the engine may write to. */
  readonly writableStores: ReadonlySet<string>
  readonly outputs: readonly OutputRequest[]
  readonly secrets: ReadonlyMap<string, SecretFrom>
  /** The ssh agents that steps are lent, by id. */
  readonly agents: ReadonlyMap<string, AgentFrom>
  readonly credentials: CredentialSource
  readonly entitlements: readonly string[]
  /** Rules about what may be fetched; absent are none. */
  readonly sourcePolicy?: Policy | undefined
  /** Caches of other machines, to look into and to export to. */
  readonly cacheImports: readonly CacheRequest[]
  readonly cacheExports: readonly CacheRequest[]
  /** The command's own errand, which is none of the user's builds: histories leave it out. */
  readonly isInternal?: boolean
}

/** BuildKit's types and attributes. */
export interface CacheRequest {
  readonly type: string
  readonly attributes: ReadonlyMap<string, string>
}

/** `attributes` go to the exporter; `destination` says where what it sends back is put. */
export interface OutputRequest {
  readonly type: 'image' | 'oci' | 'docker' | 'tar' | 'local' | 'store'
  readonly attributes: ReadonlyMap<string, string>
  readonly destination: OutputDestination
}

export type OutputDestination =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdout' }
  /** Files land in it as they come, owned by the caller. */
  | { readonly kind: 'folder'; readonly path: string }
  /** The standard input of a program: `docker load`. */
  | { readonly kind: 'program'; readonly argv: readonly [string, ...string[]] }
  /** What takes the bytes, to its end, as they come. */
  | { readonly kind: 'taker'; readonly take: (bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<void> }

export type SecretFrom = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'env'; readonly value: string }

/** The user's own agent, or keys that an agent has which is made for the build. */
export type AgentFrom = { readonly kind: 'socket'; readonly path: string } | { readonly kind: 'keys'; readonly keys: readonly AgentKey[] }

/** Asks the frontend instead of building, by the attribute `requestid`: the metadata of its answer. Rejects as `Solve` does. */
export type AskFrontend = (engine: EngineClient, request: BuildRequest, sink: ProgressSink, signal: AbortSignal) => Promise<ReadonlyMap<string, string>>

/** The exporter response. Rejects with the engine's error, its kind, hint and source span kept. */
export type Solve = (engine: EngineClient, request: BuildRequest, sink: ProgressSink, signal: AbortSignal) => Promise<ReadonlyMap<string, string>>
