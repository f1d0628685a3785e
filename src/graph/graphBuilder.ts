import type { Digest } from '../ground/digest.ts'
import { digestVertex, type VertexIdentity } from './graphDigest.ts'
import { reachableVertices } from './reachable.ts'
import type { Graph, Output, Source, Vertex, VertexNote } from './vertex.ts'

/** Gathers vertices, inputs first. */
export interface GraphBuilder {
  /** The vertex's first output. A vertex that is there already stays, with the note it has. @throws TypeError where an input is not there */
  add(vertex: VertexIdentity, note: VertexNote): Output
  /** All vertices of another graph, with their notes. */
  addAll(graph: Graph): void
  /** What was added so far, inputs before what uses them. */
  build(): Graph
  /** As `build`, but only what `root` stands on. */
  buildFor(root: Output | undefined): Graph
}

/** `judge` gives what is to be fetched in the place of a source; it may throw. */
export function createGraphBuilder(judge: (source: Source) => Source = (source) => source): GraphBuilder {
  const vertices = new Map<Digest, Vertex>()
  return {
    add(given, note) {
      const identity = given.op.kind === 'source' ? { ...given, op: { ...given.op, source: judge(given.op.source) } } : given
      const missing = identity.inputs.find((input) => !vertices.has(input.vertex))
      if (missing !== undefined) throw new TypeError(`no such vertex: ${missing.vertex}`)
      const digest = digestVertex(identity)
      vertices.set(digest, mergeVertices(vertices.get(digest), { ...identity, digest, note }))
      return { vertex: digest, index: 0 }
    },
    addAll(graph) {
      for (const [digest, vertex] of graph) vertices.set(digest, mergeVertices(vertices.get(digest), vertex))
    },
    build: () => new Map(vertices),
    buildFor: (root) => new Map(reachableVertices(vertices, root === undefined ? [] : [root]).map((vertex) => [vertex.digest, vertex])),
  }
}

/** All vertices of all graphs: what several platforms have in common is there once. */
export function mergeGraphs(graphs: Iterable<Graph>): Graph {
  const merged = new Map<Digest, Vertex>()
  for (const graph of graphs) {
    for (const [digest, vertex] of graph) merged.set(digest, mergeVertices(merged.get(digest), vertex))
  }
  return merged
}

/** The first one's note holds, but who asks for fresh work gets it, and what one of them lets others have they have. */
function mergeVertices(first: Vertex | undefined, second: Vertex): Vertex {
  if (first === undefined) return second
  const { isCacheExported, ...note } = first.note
  const ignoreCache = note.ignoreCache || second.note.ignoreCache
  const isKept = isCacheExported === false && second.note.isCacheExported === false
  if (ignoreCache === note.ignoreCache && isKept === (isCacheExported === false)) return first
  return { ...first, note: { ...note, ignoreCache, ...(isKept && { isCacheExported: false }) } }
}
