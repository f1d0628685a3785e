import type { Digest } from '../ground/digest.ts'
import type { Graph, Output, Vertex } from './vertex.ts'

/**
 * The vertices that `roots` stand on, each once, inputs before those that use them; the first root's own first.
 * @throws Error where the graph lacks an input
 */
export function reachableVertices(graph: Graph, roots: readonly Output[]): readonly Vertex[] {
  const ordered = new Map<Digest, Vertex>()
  const entered = new Set<Digest>()
  // A stack of its own, since a graph may be deeper than the machine's.
  const stack = roots.map(({ vertex }) => vertex).reverse()
  for (let digest = stack.at(-1); digest !== undefined; digest = stack.at(-1)) {
    const vertex = graph.get(digest)
    if (vertex === undefined) throw new Error(`the graph has no vertex ${digest}`)
    if (entered.has(digest)) {
      stack.pop()
      ordered.set(digest, vertex)
    } else {
      entered.add(digest)
      stack.push(...unentered(vertex, entered).reverse())
    }
  }
  return [...ordered.values()]
}

function unentered(vertex: Vertex, entered: ReadonlySet<Digest>): Digest[] {
  return vertex.inputs.map((input) => input.vertex).filter((digest) => !entered.has(digest))
}

/** Each with how many stand on it, one above the other, at most. `vertices`, and what it gives: inputs before those that use them. */
export function withHeights(vertices: readonly Vertex[]): readonly (readonly [vertex: Vertex, height: number])[] {
  const heights = new Map<Digest, number>()
  const heightOf = (digest: Digest): number => heights.get(digest) ?? 0
  for (const { digest, inputs } of vertices.toReversed()) {
    for (const { vertex } of inputs) heights.set(vertex, Math.max(heightOf(vertex), heightOf(digest) + 1))
  }
  return vertices.map((vertex) => [vertex, heightOf(vertex.digest)])
}
