import { BuildError, type ErrorKind } from '../../ground/errors.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { BuildRequest, EngineClient } from '../driver.ts'

/** One of several builds that go together. */
export interface TargetRequest {
  /** Unique among them. */
  readonly name: string
  /** One after the other: what the first has built is there for the next. A named context that is `target:NAME` is the result of the target NAME. */
  readonly requests: readonly [BuildRequest, ...BuildRequest[]]
  readonly purpose: TargetPurpose
  /** Called when it is done, whatever becomes of the others, with the response of each request. Where it fails, the target does. */
  readonly onDone?: ((responses: readonly ReadonlyMap<string, string>[]) => Promise<void>) | undefined
}

export type TargetPurpose =
  | { readonly kind: 'build' }
  /** What the frontend is asked instead: `frontend.lint`. */
  | { readonly kind: 'ask'; readonly requestId: string }
  /** It is read, for others to stand on, and no more. */
  | { readonly kind: 'support' }

/** What became of them. */
export interface TargetsEnd {
  /** Of those that are done: the exporter response of their first request, or the answer. */
  readonly responses: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** The first that failed, if one did; the rest was cancelled then. */
  readonly error: TargetFailedError | undefined
}

/**
 * Builds all of them in one engine at once: what two have in common is worked on once, and a folder that several name
 * is sent once. `sinkOf` gives where the events of a target go. @throws signal.reason, and nothing else
 */
export type SolveTargets = (engine: EngineClient, targets: readonly TargetRequest[], sinkOf: (name: string) => ProgressSink, signal: AbortSignal) => Promise<TargetsEnd>

/** A target that could not be built: what the engine says of it, with whose it is. */
export class TargetFailedError extends BuildError {
  readonly kind: ErrorKind
  readonly target: string
  readonly span: SourceSpan | undefined
  readonly failedStep: string | undefined
  /** Of several nodes the one that keeps the failed step. */
  readonly failedNode: string | undefined
  constructor(target: string, cause: BuildError & { readonly span?: SourceSpan | undefined; readonly failedStep?: string | undefined; readonly failedNode?: string | undefined }) {
    super(`target ${target}: ${cause.message}`, { ...(cause.hint !== undefined && { hint: cause.hint }), cause })
    this.kind = cause.kind
    this.target = target
    this.span = cause.span
    this.failedStep = cause.failedStep
    this.failedNode = cause.failedNode
  }
}
