import { digestOf, type Digest } from '../ground/digest.ts'
import { reachableVertices, withHeights } from '../graph/reachable.ts'
import type { Graph, Output, Vertex } from '../graph/vertex.ts'
import { orAborted } from '../kit/singleFlight.ts'
import type { CacheStore } from './cacheStore.ts'
import type { Edge } from './edge.ts'
import { withImports } from './imported/importedCache.ts'
import type { OpResolver, ResultId } from './op.ts'
import type { WorkCache } from './solveCache.ts'
import { collectRecords, type SolvedRecord } from './solvedRecords.ts'
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
   * solve, unless another solve waits for it too, and is thrown; after an abort, `signal.reason` is. Where a result of
   * the cache turns out to be lost, it is forgotten, and all begins anew.
   */
  solve(graph: Graph, roots: readonly Output[], waiter: Waiter, signal: AbortSignal): Promise<readonly ResultId[]>
  /** The same, and how other machines find these results, and those of all steps that were asked for. */
  solveRecorded(graph: Graph, roots: readonly Output[], waiter: Waiter, signal: AbortSignal): Promise<Solved>
}

export interface Solved {
  readonly results: readonly ResultId[]
  readonly records: readonly SolvedRecord[]
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
    const sources = withImports({ store: cache, resolver }, waiter)
    const names = new Map<Digest, string>()
    for (const [vertex, height] of withHeights(vertices)) {
      const name = workName(vertex, names)
      names.set(vertex.digest, name)
      const work = open.get(name) ?? begin({ name, vertex, sources }, works)
      work.join(waiter, height)
      works.set(vertex.digest, work)
    }
  }

  function begin({ name, vertex, sources }: Beginning, works: ReadonlyMap<Digest, VertexWork>): VertexWork {
    const inputs = vertex.inputs.map((output) => edgeOf(works, output))
    const below = [...new Set(vertex.inputs.flatMap((output) => works.get(output.vertex) ?? []))]
    const onClosed = (): void => {
      if (open.get(name) === work) open.delete(name)
    }
    const work = createVertexWork({ vertex, below, inputs, cache: sources, now, onClosed })
    open.set(name, work)
    return work
  }

  /** `finish` is given the results while their work is still held. */
  async function attempt<T>({ graph, roots, waiter, finish }: Attempt<T>, signal: AbortSignal): Promise<T | typeof LOST> {
    signal.throwIfAborted()
    const self: Waiter = { ...waiter } // its own object: two solves may bring the same
    const vertices = reachableVertices(graph, roots)
    announce(vertices, self, now)
    const works = new Map<Digest, VertexWork>()
    try {
      joinAll(vertices, self, works)
      const results = await orAborted(Promise.all(roots.map(async (root) => (await edgeOf(works, root).finish()).result)), signal)
      await waiter.bring?.(results, signal)
      if (waiter.imported !== undefined) await adoptAll([...works.values()])
      const finished = await finish(results, works)
      hold([...works.values()], waiter)
      return finished
    } catch (error) {
      if (signal.aborted || !forgetLost(error, [...works.values()], waiter)) throw error
      return LOST
    } finally {
      await Promise.all([...works.values()].map((work) => work.leave(self)))
    }
  }

  /** Whether there was any. */
  function forgetLost(error: unknown, works: readonly VertexWork[], waiter: Waiter): boolean {
    const { store } = withImports({ store: cache, resolver }, waiter)
    const lost = takenResults(works).filter((result) => resolver.forgetLost(result, error))
    for (const result of lost) store.removeResult(result)
    const stale = new Set(lost.length > 0 ? works : [])
    for (const [name, work] of open) if (stale.has(work)) open.delete(name) // though somebody may hold it
    return lost.length > 0
  }

  return {
    solve: (graph, roots, waiter, signal) => untilFound(() => attempt({ graph, roots, waiter, finish: async (results) => results }, signal)),
    solveRecorded(graph, roots, waiter, signal) {
      const { store } = withImports({ store: cache, resolver }, waiter)
      return untilFound(() => attempt({ graph, roots, waiter, finish: async (results, works) => ({ results, records: await collectRecords(works.values(), store) }) }, signal))
    },
  }
}

/** Waits for `works` silently: as long as somebody does, they can be joined. */
function hold(works: readonly VertexWork[], { sessionId, held }: Waiter): void {
  if (held === undefined || held.aborted) return
  const holder: Waiter = { sessionId, progress: () => undefined }
  for (const work of works) work.join(holder, 0)
  // nothing is left of them that could fail but a cancellation, for which nobody waits
  held.addEventListener('abort', () => void Promise.allSettled(works.map((work) => work.leave(holder))), { once: true })
}

async function untilFound<T>(attempt: () => Promise<T | typeof LOST>): Promise<T> {
  for (;;) {
    const found = await attempt()
    if (found !== LOST) return found
  }
}

async function adoptAll(works: readonly VertexWork[]): Promise<void> {
  for (const edge of works.flatMap(({ edges }) => [...edges.values()])) await edge.adopt()
}

function announce(vertices: readonly Vertex[], { progress }: Waiter, now: () => number): void {
  for (const { digest, note, inputs } of vertices) progress({ kind: 'vertex-announced', vertex: digest, at: now(), name: note.name, inputs: inputs.map(({ vertex }) => vertex), ...(note.group !== undefined && { group: note.group }) })
}

/** Those of the cache. */
function takenResults(works: readonly VertexWork[]): readonly ResultId[] {
  const known = works.flatMap(({ edges }) => [...edges.values()].map((edge) => edge.known()))
  return known.flatMap(({ isTaken, result }) => (isTaken && result !== undefined ? [result] : []))
}

const LOST = Symbol('a result of the cache was lost')

interface Beginning {
  readonly name: string
  readonly vertex: Vertex
  readonly sources: WorkCache
}

interface Attempt<T> {
  readonly graph: Graph
  readonly roots: readonly Output[]
  readonly waiter: Waiter
  readonly finish: (results: readonly ResultId[], works: ReadonlyMap<Digest, VertexWork>) => Promise<T>
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
