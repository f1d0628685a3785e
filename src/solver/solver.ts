import { digestOf, type Digest } from '../ground/digest.ts'
import type { Graph, Output, Vertex } from '../graph/vertex.ts'
import { orAborted } from '../kit/singleFlight.ts'
import type { CacheStore } from './cacheStore.ts'
import type { Edge } from './edge.ts'
import type { OpResolver, ResultId } from './op.ts'
import { reachableVertices } from './reachable.ts'
import type { Waiter } from './vertexStory.ts'
import { createVertexWork, type VertexWork } from './vertexWork.ts'

/**
 * Finds or makes the results of a graph's outputs, doing as little as the cache allows. Equal vertices, of several
 * platforms or of several solves at once, are worked on once.
 */
export interface Solver {
  /**
   * The results of `roots`, in their order. Every vertex below them is announced at once, inputs first, and each that
   * is told to have started is told to be done before this ends. The first failure cancels what else runs for this
   * solve, unless another solve waits for it too, and is thrown; after an abort, `signal.reason` is.
   */
  solve(graph: Graph, roots: readonly Output[], waiter: Waiter, signal: AbortSignal): Promise<readonly ResultId[]>
}

export interface SolverOptions {
  readonly resolver: OpResolver
  readonly cache: CacheStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export function createSolver({ resolver, cache, now }: SolverOptions): Solver {
  const open = new Map<string, VertexWork>()

  /** Joins the work on each vertex, beginning those that nobody works on, and puts it into `works`. Inputs come first in `vertices`. */
  function joinAll(vertices: readonly Vertex[], waiter: Waiter, works: Map<Digest, VertexWork>): void {
    const names = new Map<Digest, string>()
    for (const vertex of vertices) {
      const name = workName(vertex, names)
      names.set(vertex.digest, name)
      const work = open.get(name) ?? begin(name, vertex, works)
      work.join(waiter)
      works.set(vertex.digest, work)
    }
  }

  function begin(name: string, vertex: Vertex, works: ReadonlyMap<Digest, VertexWork>): VertexWork {
    const inputs = vertex.inputs.map((output) => edgeOf(works, output))
    const below = [...new Set(vertex.inputs.flatMap((output) => works.get(output.vertex) ?? []))]
    const onClosed = (): void => {
      if (open.get(name) === work) open.delete(name)
    }
    const work = createVertexWork({ vertex, below, inputs, cache: { store: cache, resolver }, now, onClosed })
    open.set(name, work)
    return work
  }

  return {
    async solve(graph, roots, waiter, signal) {
      signal.throwIfAborted()
      const self: Waiter = { ...waiter } // its own object: two solves may bring the same
      const vertices = reachableVertices(graph, roots)
      for (const { digest, note, inputs } of vertices) {
        self.progress({ kind: 'vertex-announced', vertex: digest, at: now(), name: note.name, inputs: inputs.map(({ vertex }) => vertex) })
      }
      const works = new Map<Digest, VertexWork>()
      try {
        joinAll(vertices, self, works)
        const results = await orAborted(Promise.all(roots.map(async (root) => (await edgeOf(works, root).finish()).result)), signal)
        hold([...works.values()], waiter)
        return results
      } finally {
        await Promise.all([...works.values()].map((work) => work.leave(self)))
      }
    },
  }
}

/** Waits for `works` silently: as long as somebody does, they can be joined. */
function hold(works: readonly VertexWork[], { sessionId, held }: Waiter): void {
  if (held === undefined || held.aborted) return
  const holder: Waiter = { sessionId, progress: () => undefined }
  for (const work of works) work.join(holder)
  // nothing is left of them that could fail but a cancellation, for which nobody waits
  held.addEventListener('abort', () => void Promise.allSettled(works.map((work) => work.leave(holder))), { once: true })
}

function edgeOf(works: ReadonlyMap<Digest, VertexWork>, { vertex, index }: Output): Edge {
  const work = works.get(vertex)
  if (work === undefined) throw new Error(`the graph has no vertex ${vertex}`)
  return work.edge(index)
}

/**
 * Names work that may be shared. That is the vertex's digest, but apart from it where the vertex, or one below it,
 * is to ignore the cache in this solve.
 */
function workName({ digest, inputs, note }: Vertex, names: ReadonlyMap<Digest, string>): string {
  const isPlain = !note.ignoreCache && inputs.every(({ vertex }) => names.get(vertex) === vertex)
  return isPlain ? digest : digestOf([digest, String(note.ignoreCache), ...inputs.map(({ vertex }) => names.get(vertex) ?? '')].join(' '))
}
