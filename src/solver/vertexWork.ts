import type { Vertex } from '../graph/vertex.ts'
import { createEdge, type Edge, type EdgeWork } from './edge.ts'
import { createSharedOp } from './sharedOp.ts'
import type { WorkCache } from './solveCache.ts'
import { createVertexStory, type Waiter } from './vertexStory.ts'

/**
 * A vertex while it is worked on, for as many solves as want it. Each is told of all that happens from when it joins,
 * and of what had happened before. When the last one leaves, what still runs is cancelled.
 */
export interface VertexWork extends EdgeWork {
  edge(output: number): Edge
  /** Those that were asked for, by output. */
  readonly edges: ReadonlyMap<number, Edge>
  /** Says that it need not be done; false, and nothing is said, where it was begun or that was said before. */
  tellSkipped(): boolean
  readonly below: readonly VertexWork[]
  /** `height` is that in the waiter's solve: the highest counts. */
  join(waiter: Waiter, height: number): void
  /** At its end nothing runs that ran for this one alone. */
  leave(waiter: Waiter): Promise<void>
}

export interface WorkOptions {
  readonly vertex: Vertex
  readonly below: readonly VertexWork[]
  readonly inputs: readonly Edge[]
  readonly cache: WorkCache
  readonly now: () => number
  /** Called once it failed or nobody waits for it: it must not be joined any more. */
  readonly onClosed: () => void
}

export function createVertexWork({ vertex, below, inputs, cache, now, onClosed }: WorkOptions): VertexWork {
  const story = createVertexStory(vertex, now)
  let highest = 0
  const op = createSharedOp({ vertex, op: cache.resolver.opFor(vertex), obtain: (...call) => cache.resolver.obtain(...call), story, onFailed: onClosed, height: () => highest })
  const edges = new Map<number, Edge>()
  const work: VertexWork = {
    vertex,
    inputs,
    below,
    op,
    edges,
    edge(output) {
      const edge = edges.get(output) ?? createEdge(work, output, cache)
      edges.set(output, edge)
      return edge
    },
    tellCached() {
      tellAllSkipped(below)
      story.finish({ kind: 'cached' })
    },
    tellSkipped: () => story.skip(),
    join(waiter, height) {
      highest = Math.max(highest, height)
      story.join(waiter)
    },
    async leave(waiter) {
      if (story.leave(waiter) > 0) return
      onClosed()
      await op.cancel()
    },
  }
  return work
}

/** Goes no further down where something was begun: what is below that is wanted. */
function tellAllSkipped(works: readonly VertexWork[]): void {
  const stack = [...works]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.tellSkipped()) stack.push(...next.below)
  }
}
