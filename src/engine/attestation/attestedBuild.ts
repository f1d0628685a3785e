import type { LoweredStage, ResolvedImage } from '../../dockerfile/lower.ts'
import type { BuiltImage } from '../../dockerfile/lower/contexts/namedContext.ts'
import type { PlatformResult } from '../../exporter/exporter.ts'
import type { Platform } from '../../ground/platform.ts'
import type { SourceText } from '../../ground/sourceSpan.ts'
import type { Waiter } from '../../solver/vertexStory.ts'
import type { StepWatch } from '../provenance/stepWatch.ts'
import type { AttestationOrders } from './attestationOrders.ts'

/** A build that is through, as far as something is to be said of it. */
export interface AttestedBuild {
  readonly orders: AttestationOrders
  /** The image that makes the SBOM; undefined is none. */
  readonly scanner: ResolvedImage | undefined
  /** The frontend's, as the client has sent them. */
  readonly attributes: ReadonlyMap<string, string>
  /** The Dockerfile; undefined where the client sent a graph of its own. */
  readonly source: SourceText | undefined
  /** Of the Dockerfile, those that made an image; none of a graph of the client's own. */
  readonly stagesOf: (image: BuiltImage) => readonly LoweredStage[]
  /** Of the machine that the engine runs on. */
  readonly builderPlatform: Platform
  readonly watch: StepWatch
  /** For whom steps are run that only an attestation needs. */
  readonly waiter: Waiter
  readonly sessionId: string
  /** By which the build is found in the history. */
  readonly ref: string
  readonly startedAtMs: number
}

/** One platform of it. */
export interface AttestedTarget {
  readonly image: BuiltImage
  readonly result: Omit<PlatformResult, 'attestations'>
}
