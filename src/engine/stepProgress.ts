import { randomBytes } from 'node:crypto'
import { digestOf, type Digest } from '../ground/digest.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import type { OpContext } from '../solver/op.ts'

/** A piece of work of the engine's own that is shown like a vertex. */
export interface Step {
  readonly vertex: Digest
  readonly name: string
  readonly sink: ProgressSink
  /** Tells how far a part of it is; the last call with `isDone` ends that part. */
  readonly report: (part: StepPart) => void
}

export interface StepPart {
  readonly id: string
  readonly action: string
  readonly currentBytes: number
  readonly totalBytes: number
  readonly isDone: boolean
}

/** Shows `work` as a vertex called `name`: started, then done or failed. Rejects as `work` does. */
export async function runStep<T>(sink: ProgressSink, name: string, work: (step: Step) => Promise<T>): Promise<T> {
  const vertex = digestOf(randomBytes(32))
  sink({ kind: 'vertex-announced', vertex, at: Date.now(), name, inputs: [] })
  sink({ kind: 'vertex-started', vertex, at: Date.now() })
  const step: Step = {
    vertex,
    name,
    sink,
    report: ({ id, action, currentBytes, totalBytes, isDone }) => sink({ kind: 'vertex-progress', vertex, at: Date.now(), id, action, currentBytes, totalBytes, state: isDone ? 'done' : 'running' }),
  }
  try {
    const result = await work(step)
    sink({ kind: 'vertex-done', vertex, at: Date.now(), outcome: { kind: 'executed' } })
    return result
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    sink({ kind: 'vertex-done', vertex, at: Date.now(), outcome: { kind: 'failed', message } })
    throw error
  }
}

/** For work that ops do, outside a solve: it is shown as part of the step. */
export function stepContext({ vertex, name, sink }: Step, sessionId: string): OpContext {
  const note = { name, ignoreCache: false, span: undefined }
  return { vertex: { digest: vertex, op: { kind: 'merge' }, inputs: [], platform: undefined, note }, progress: sink, sessionId }
}
