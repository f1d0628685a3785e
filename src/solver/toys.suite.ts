import assert from 'node:assert/strict'
import { digestOf, type Digest } from '../ground/digest.ts'
import type { Graph, Output, Vertex } from '../graph/vertex.ts'
import type { Limit } from '../kit/limit.ts'
import type { ProgressEvent } from '../progress/progressEvent.ts'
import { createMemoryCacheStore } from './memoryCacheStore.ts'
import type { Op, OpResolver, ResultId } from './op.ts'
import { createProbe, type Probe } from './probe/probe.ts'
import { createSolver, type Solver } from './solver.ts'

const never = new AbortController().signal

/** What a toy op does; its vertex's digest is of its name and inputs, and its result `<name>(<inputs>)` unless `result` says otherwise. */
export interface Toy {
  readonly name: string
  readonly inputs?: readonly string[]
  /** What decides the result; the name where left out, 'unknown' as a client's folder. */
  readonly key?: string
  readonly result?: string
  /** Inputs that count by content too. */
  readonly byContent?: readonly number[]
  readonly ignoreCache?: boolean
  readonly gate?: Promise<void>
  /** Where it waits for its turn, as steps do. */
  readonly limit?: Limit
  readonly fails?: boolean
  /** Its result is for this solve alone. */
  readonly keepsNothing?: boolean
}

/** Toys, a solver and a probe over them, and counts of all that was called. */
export function workshop(): Workshop {
  const cache = createMemoryCacheStore()
  const toys = new Map<Digest, Toy>()
  const calls: string[] = []
  const gone = new Set<ResultId>()
  const unreadable = new Set<ResultId>()
  const opFor = (vertex: Vertex): Op => toyOp(toyOf(vertex), { calls, gone })
  const toyOf = ({ digest }: Vertex): Toy => toys.get(digest) ?? assert.fail('no such toy')
  const resolver: OpResolver = { opFor, isPresent: (result) => !gone.has(result), obtain: async (result) => !gone.has(result), forgetLost: () => false }
  const solver = createSolver({ cache, now: () => 0, resolver })
  return {
    solver,
    probe: createProbe({ cache, resolver, now: () => 0, mayRun: (vertex) => toyOf(vertex).key === 'unknown', isReadable: (result) => !unreadable.has(result) }),
    unreadable,
    calls,
    gone,
    graph(list) {
      const vertices = new Map<string, Vertex>()
      for (const toy of list) {
        const inputs = (toy.inputs ?? []).map((name): Output => ({ vertex: vertices.get(name)?.digest ?? assert.fail(name), index: 0 }))
        const digest = digestOf(JSON.stringify([toy.name, toy.key, toy.result, inputs]))
        toys.set(digest, toy)
        vertices.set(toy.name, { digest, inputs, op: { kind: 'merge' }, platform: undefined, note: { name: toy.name, ignoreCache: toy.ignoreCache ?? false, span: undefined } })
      }
      return { graph: new Map([...vertices.values()].map((vertex) => [vertex.digest, vertex])), root: (name) => ({ vertex: vertices.get(name)?.digest ?? assert.fail(name), index: 0 }) }
    },
    async solve(list, roots, signal = never) {
      const { graph, root } = this.graph(list)
      const events: ProgressEvent[] = []
      const names = new Map([...graph.values()].map(({ digest, note }) => [digest, note.name]))
      calls.length = 0
      const results = await solver.solve(graph, roots.map(root), { sessionId: 's', progress: (event) => events.push(event) }, signal)
      return { results, calls: [...calls].sort(), story: events.map((event) => tell(event, names)) }
    },
  }
}

export interface Workshop {
  readonly solver: Solver
  readonly probe: Probe
  readonly calls: string[]
  readonly gone: Set<ResultId>
  /** Results whose files are not here. */
  readonly unreadable: Set<ResultId>
  graph(toys: readonly Toy[]): { readonly graph: Graph; readonly root: (name: string) => Output }
  solve(toys: readonly Toy[], roots: readonly string[], signal?: AbortSignal): Promise<{ results: readonly ResultId[]; calls: readonly string[]; story: readonly string[] }>
}

function toyOp(toy: Toy, { calls, gone }: Pick<Workshop, 'calls' | 'gone'>): Op {
  return {
    async cacheMap() {
      const digest = toy.key === 'unknown' ? undefined : digestOf(toy.key ?? toy.name)
      const contentDigest = async (input: ResultId): Promise<Digest> => {
        calls.push(`hash ${input}`)
        return digestOf(input)
      }
      return { digest, inputs: (toy.inputs ?? []).map((_, index) => ({ selector: '', contentDigest: toy.byContent?.includes(index) === true ? contentDigest : undefined })) }
    },
    async execute(inputs, { height, keepNothing }, signal) {
      calls.push(`run ${toy.name}`)
      if (toy.keepsNothing === true) keepNothing?.()
      await toy.limit?.run(async () => void calls.push(`turn ${toy.name}`), signal, height)
      if (toy.gate !== undefined) await Promise.race([toy.gate, aborted(signal)])
      if (toy.fails === true) throw new Error(`${toy.name} broke`)
      const result = toy.result ?? `${toy.name}(${inputs.join(' ')})`
      gone.delete(result)
      return [result]
    },
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
}

function tell(event: ProgressEvent, names: ReadonlyMap<Digest, string>): string {
  const name = event.vertex === undefined ? '' : names.get(event.vertex)
  return event.kind === 'vertex-done' ? `${name} ${event.outcome.kind}` : `${name} ${event.kind.slice('vertex-'.length)}`
}
