import { randomBytes } from 'node:crypto'
import { GrpcStatusError } from '../api/grpc/status.ts'
import { digestOf, type Digest } from '../ground/digest.ts'
import type { DeliveryContext } from '../ops/layerPresence.ts'
import type { ProgressSink } from '../progress/progressSink.ts'

/** A piece of work of the engine's own that is shown like a vertex. */
export interface Step {
  readonly vertex: Digest
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
    sink,
    report: ({ id, action, currentBytes, totalBytes, isDone }) => sink({ kind: 'vertex-progress', vertex, at: Date.now(), id, action, currentBytes, totalBytes, state: isDone ? 'done' : 'running' }),
  }
  try {
    const result = await work(step)
    sink({ kind: 'vertex-done', vertex, at: Date.now(), outcome: { kind: 'executed' } })
    return result
  } catch (error) {
    const message = messageOf(error)
    sink({ kind: 'vertex-done', vertex, at: Date.now(), outcome: { kind: 'failed', message } })
    throw error
  }
}

function messageOf(error: unknown): string {
  if (error instanceof GrpcStatusError) return error.status.message
  return error instanceof Error ? error.message : String(error)
}

/** For layers that are brought as part of the step, outside a solve. */
export function deliveryContext({ vertex, sink }: Step, sessionId: string): DeliveryContext {
  return { vertex: { digest: vertex }, progress: sink, sessionId }
}
