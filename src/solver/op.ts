import type { Digest } from '../ground/digest.ts'
import type { Vertex } from '../graph/vertex.ts'
import type { ProgressSink } from '../progress/progressSink.ts'

/**
 * The result of a vertex's output, by the id under which it can be found again. The solver knows no more of it than
 * that; ops and exporters know that it is a snapshot's id, and '' an empty file system.
 */
export type ResultId = string

/** What the solver asks of a vertex; `ops` implements one per kind. */
export interface Op {
  /** How results of this op are told apart. May read the network (an image's digest), never executes. */
  cacheMap(context: OpContext, signal: AbortSignal): Promise<CacheMap>
  /** The outputs' results, in order. Called at most once at a time for a vertex, all inputs being there. */
  execute(inputs: readonly ResultId[], context: OpContext, signal: AbortSignal): Promise<readonly ResultId[]>
}

export interface CacheMap {
  /**
   * Of all that decides the result, but for the inputs. Undefined where that cannot be told beforehand (a client's
   * folder): the op then always executes, and what stands on it is found again by content only.
   */
  readonly digest: Digest | undefined
  /** One for each input. */
  readonly inputs: readonly InputKey[]
}

/** How an input enters the key: by the key it has itself (`selector` tells apart what is used of it), and perhaps also by what is in it. */
export interface InputKey {
  readonly selector: string
  /**
   * Digest of what the op reads of the input: two inputs of equal content give equal results.
   * Undefined where only the definition counts.
   */
  readonly contentDigest: ContentDigest | undefined
  /** The same as BuildKit tells it, for caches that are shared with it; undefined where it is not known how. */
  readonly sharedDigest?: ((...call: Parameters<ContentDigest>) => Promise<Digest | undefined>) | undefined
}

export type ContentDigest = (input: ResultId, context: OpContext, signal: AbortSignal) => Promise<Digest>

/** What a vertex may use while it works. */
export interface OpContext {
  readonly vertex: Vertex
  readonly progress: ProgressSink
  /**
   * The solve for which it runs: the session that brings files, secrets and credentials is found by it. Shared work
   * uses any one of those that wait, so read it anew each time: it changes when that one goes away.
   */
  readonly sessionId: string
  /** How many vertices of the build stand on it, one above the other: of steps that wait for their turn, the one with the most holds up the rest. Absent is 0. */
  readonly height?: number
  /** Says, while it executes, that the results are for those alone that wait for them now: later builds execute it anew. */
  readonly keepNothing?: () => void
}

/** Filled in by `engine`. */
export interface OpResolver {
  opFor(vertex: Vertex): Op
  /** Whether a result found in the cache is still there, as far as that is known here. */
  isPresent(result: ResultId): boolean
  /** Makes sure of one that is to be used: false where what it is made of cannot be had. Rejects on abort only. */
  obtain(result: ResultId, context: OpContext, signal: AbortSignal): Promise<boolean>
  /** Whether `error` may come of what `result`, which was found in the cache, is made of being gone or damaged after all; how it is made is then forgotten. */
  forgetLost(result: ResultId, error: unknown): boolean
}
