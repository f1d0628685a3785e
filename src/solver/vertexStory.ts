import type { Vertex } from '../graph/vertex.ts'
import type { Sharing } from './imported/importedCache.ts'
import type { VertexOutcome } from '../progress/progressEvent.ts'
import type { ResultId } from './op.ts'
import type { ProgressSink } from '../progress/progressSink.ts'

/** One solve that a vertex is worked on for. */
export interface Waiter extends Sharing {
  readonly sessionId: string
  readonly progress: ProgressSink
  /** Until this aborts, what the solve has found or made is there at once for others that want the same. Absent: no longer than the solve lasts. */
  readonly held?: AbortSignal | undefined
  /** Brings what of the results is needed behind the solve; where a result of the cache is lost, all begins anew, as for a step. */
  readonly bring?: ((results: readonly ResultId[], signal: AbortSignal) => Promise<void>) | undefined
}

/** What the waiters have been told. */
type Phase = { readonly kind: 'idle' } | { readonly kind: 'started'; readonly at: number } | { readonly kind: 'done'; readonly startedAt: number; readonly at: number; readonly outcome: VertexOutcome }

/** What is told of one vertex, to all that wait for it. */
export interface VertexStory {
  /** What the op says of its work, which thereby has begun. */
  readonly tellPart: ProgressSink
  /** A vertex that was said to be cached may be begun after all: its result may be gone. */
  start(): void
  finish(outcome: VertexOutcome): void
  skip(): boolean
  join(waiter: Waiter): void
  /** How many are left. */
  leave(waiter: Waiter): number
  sessionId(): string
}

export function createVertexStory({ digest }: Vertex, now: () => number): VertexStory {
  const waiters = new Set<Waiter>()
  let phase: Phase = { kind: 'idle' }
  let lastSession = ''

  const tell: ProgressSink = (event) => {
    for (const { progress } of waiters) progress(event)
  }
  const start = (): void => {
    if (phase.kind === 'started') return
    phase = { kind: 'started', at: now() }
    tell({ kind: 'vertex-started', vertex: digest, at: phase.at })
  }
  const finish = (outcome: VertexOutcome): void => {
    if (phase.kind === 'done') return
    start()
    const at = now()
    phase = { kind: 'done', startedAt: phase.kind === 'started' ? phase.at : at, at, outcome }
    tell({ kind: 'vertex-done', vertex: digest, at, outcome })
  }
  return {
    tellPart(event) {
      if (phase.kind === 'idle') start()
      tell(event)
    },
    start,
    finish,
    skip() {
      if (phase.kind !== 'idle') return false
      finish({ kind: 'cached' })
      return true
    },
    join(waiter) {
      waiters.add(waiter)
      if (phase.kind === 'idle') return
      waiter.progress({ kind: 'vertex-started', vertex: digest, at: phase.kind === 'started' ? phase.at : phase.startedAt })
      if (phase.kind === 'done') waiter.progress({ kind: 'vertex-done', vertex: digest, at: phase.at, outcome: phase.outcome })
    },
    leave(waiter) {
      if (waiters.delete(waiter) && phase.kind === 'started') waiter.progress({ kind: 'vertex-done', vertex: digest, at: now(), outcome: { kind: 'cancelled' } })
      lastSession = waiter.sessionId
      return waiters.size
    },
    sessionId: () => waiters.values().next().value?.sessionId ?? lastSession,
  }
}
