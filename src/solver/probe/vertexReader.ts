import type { Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import type { Graph, Vertex } from '../../graph/vertex.ts'
import type { CacheMap, OpContext, OpResolver, ResultId } from '../op.ts'
import type { Waiter } from '../vertexStory.ts'
import { keep } from './keep.ts'

export interface VertexReaderOptions {
  readonly graph: Graph
  readonly resolver: Pick<OpResolver, 'opFor' | 'isPresent'>
  /** Whether a vertex only reads what is outside (a client's folder), so that it may be run. */
  readonly mayRun: (vertex: Vertex) => boolean
  readonly waiter: Waiter
  readonly now: () => number
}

/** What can be read of vertices without a step being executed; each thing is read once. */
export interface VertexReader {
  vertex(digest: Digest): Vertex
  cacheMap(digest: Digest): Promise<CacheMap>
  /** Its results, where it may be run. */
  run(digest: Digest): Promise<readonly ResultId[] | undefined>
  hasRun(digest: Digest): boolean
  /** Of what a vertex reads of an input; the error where that lacks what is to be read. Undefined where the input counts by definition only. */
  contentDigest(digest: Digest, input: number, result: ResultId): Promise<Digest | BuildError | undefined>
}

export function createVertexReader({ graph, resolver, mayRun, waiter, now }: VertexReaderOptions, signal: AbortSignal): VertexReader {
  const ran = new Set<Digest>()
  const vertex = (digest: Digest): Vertex => {
    const found = graph.get(digest)
    if (found === undefined) throw new Error(`the graph has no vertex ${digest}`)
    return found
  }
  const contextOf = (digest: Digest): OpContext => ({ vertex: vertex(digest), progress: waiter.progress, sessionId: waiter.sessionId })
  const opOf = keep((digest: Digest) => resolver.opFor(vertex(digest)))
  const cacheMap = keep((digest: Digest) => opOf(digest).cacheMap(contextOf(digest), signal))

  const runAloud = keep(async (digest: Digest): Promise<readonly ResultId[]> => {
    ran.add(digest)
    waiter.progress({ kind: 'vertex-announced', vertex: digest, at: now(), name: vertex(digest).note.name, inputs: [] })
    waiter.progress({ kind: 'vertex-started', vertex: digest, at: now() })
    const results = await opOf(digest).execute([], contextOf(digest), signal)
    waiter.progress({ kind: 'vertex-done', vertex: digest, at: now(), outcome: { kind: 'executed' } })
    return results
  })

  return {
    vertex,
    cacheMap,
    run: async (digest) => (mayRun(vertex(digest)) ? await runAloud(digest) : undefined),
    hasRun: (digest) => ran.has(digest),
    async contentDigest(digest, input, result) {
      try {
        return await (await cacheMap(digest)).inputs[input]?.contentDigest?.(result, contextOf(digest), signal)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof BuildError) return error
        throw error
      }
    },
  }
}
