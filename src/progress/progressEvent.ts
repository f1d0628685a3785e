import type { Digest } from '../ground/digest.ts'
import type { SourceSpan } from '../ground/sourceSpan.ts'

/** What happens in a build, told as it happens. Times are milliseconds since the epoch. `vertex` is any digest that is unique within the build. */
export type ProgressEvent = VertexAnnounced | VertexStarted | VertexEmulated | VertexTwins | VertexProgress | VertexLog | VertexDone | BuildWarning

/** Sent before anything else of the vertex. */
export interface VertexAnnounced {
  readonly kind: 'vertex-announced'
  readonly vertex: Digest
  readonly at: number
  readonly name: string
  readonly inputs: readonly Digest[]
  /** With which others it is to be shown; absent is none. */
  readonly group?: VertexGroup
}

/** Steps that are one to who looks on. */
export interface VertexGroup {
  readonly id: string
  readonly name: string
  /** Whether it is one only where something else is shown beside it. */
  readonly isWeak: boolean
}

export interface VertexStarted {
  readonly kind: 'vertex-started'
  readonly vertex: Digest
  readonly at: number
}

/** Said once, before its first output, of a step that does not run natively. On BuildKit's wire it is a status with the id `emulated by <emulator>`. */
export interface VertexEmulated {
  readonly kind: 'vertex-emulated'
  readonly vertex: Digest
  readonly at: number
  /** `qemu-aarch64` */
  readonly emulator: string
}

/** Said once it has ended, of a step that was to have native twins: how many of its processes were started natively. On BuildKit's wire it is a status with the id `with twins: N of M processes ran natively`, or `without twins: WHY`. */
export interface VertexTwins {
  readonly kind: 'vertex-twins'
  readonly vertex: Digest
  readonly at: number
  readonly native: number
  readonly emulated: number
  /** Why there were none at all; '' where there were some to be had. */
  readonly why: string
}

/** A part of a vertex: one blob that is pulled, one layer that is packed. Later events with the same `id` replace it. */
export interface VertexProgress {
  readonly kind: 'vertex-progress'
  readonly vertex: Digest
  readonly at: number
  readonly id: string
  /** `extracting`, `pushing layers`, or '' where `id` says it all. */
  readonly action: string
  readonly currentBytes: number
  /** 0 where it is not known. */
  readonly totalBytes: number
  readonly state: 'running' | 'done'
}

export interface VertexLog {
  readonly kind: 'vertex-log'
  readonly vertex: Digest
  readonly at: number
  readonly stream: 'stdout' | 'stderr'
  readonly bytes: Uint8Array
}

export interface VertexDone {
  readonly kind: 'vertex-done'
  readonly vertex: Digest
  readonly at: number
  readonly outcome: VertexOutcome
}

export type VertexOutcome =
  | { readonly kind: 'executed' }
  | { readonly kind: 'cached' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly message: string }

export interface BuildWarning {
  readonly kind: 'warning'
  readonly vertex: Digest | undefined
  readonly at: number
  /** One line. */
  readonly message: string
  readonly detail: readonly string[]
  readonly url: string | undefined
  readonly span: SourceSpan | undefined
}
