import type { SourceText } from '../../ground/sourceSpan.ts'
import type { Platform } from '../../ground/platform.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Vertex } from '../../graph/vertex.ts'
import type { BuildSources, Material } from './buildSources.ts'
import type { Execution } from './execution.ts'
import type { ProvenanceOrder } from './provenanceOrder.ts'

/** All that is told of how one platform's result came to be. */
export interface ProvenanceFacts {
  readonly order: ProvenanceOrder
  /** Of the machine that the engine runs on. */
  readonly builderPlatform: Platform
  /** The engine's own. */
  readonly builderVersion: string
  readonly request: BuildParameters
  readonly configSource: ConfigSource
  /** Of the client's checkout, as the client tells it. */
  readonly vcs: ReadonlyMap<string, string>
  readonly sources: BuildSources
  readonly invocationId: string
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly execution: Execution
  readonly definition: BuildDefinition
}

/** What the client has asked for. */
export interface BuildParameters {
  /** Without what is only of this machine, and without credentials. */
  readonly args: ReadonlyMap<string, string>
  readonly locals: readonly string[]
}

/** Where the Dockerfile is from. */
export interface ConfigSource {
  /** '' is a folder of the client. */
  readonly uri: string
  readonly digest: Material['digest'] | undefined
  /** The Dockerfile's in it. */
  readonly path: string
}

/** What mode `max` adds. */
export interface BuildDefinition {
  /** The Dockerfile; undefined where the client sent a graph of its own. */
  readonly source: SourceText | undefined
  /** Inputs first; the last is that of the result. */
  readonly vertices: readonly Vertex[]
  /** How many of the result's layers are those of its base image. */
  readonly baseLayerCount: number
  /** The result's, lowest first; empty where files were exported. */
  readonly layers: readonly Descriptor[]
}
