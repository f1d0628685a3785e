import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { digestOf, type Digest } from '../ground/digest.ts'
import type { Graph, Output, Vertex } from '../graph/vertex.ts'
import type { ProgressEvent } from '../progress/progressEvent.ts'
import { createMemoryCacheStore } from './memoryCacheStore.ts'
import type { Op, ResultId } from './op.ts'
import { createSolver, type Solver } from './solver.ts'

const never = new AbortController().signal

/** What a toy op does; its vertex's digest is of its name and inputs, and its result `<name>(<inputs>)` unless `result` says otherwise. */
interface Toy {
  readonly name: string
  readonly inputs?: readonly string[]
  /** What decides the result; the name where left out, 'unknown' as a client's folder. */
  readonly key?: string
  readonly result?: string
  /** Inputs that count by content too. */
  readonly byContent?: readonly number[]
  readonly ignoreCache?: boolean
  readonly gate?: Promise<void>
  readonly fails?: boolean
}

/** Toys, a solver over them, and counts of all that was called. */
function workshop(): Workshop {
  const cache = createMemoryCacheStore()
  const toys = new Map<Digest, Toy>()
  const calls: string[] = []
  const gone = new Set<ResultId>()
  const opFor = (vertex: Vertex): Op => toyOp(toyOf(vertex), calls)
  const toyOf = ({ digest }: Vertex): Toy => toys.get(digest) ?? assert.fail('no such toy')
  const solver = createSolver({ cache, now: () => 0, resolver: { opFor, isPresent: (result) => !gone.has(result) } })
  return {
    solver,
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

interface Workshop {
  readonly solver: Solver
  readonly calls: string[]
  readonly gone: Set<ResultId>
  graph(toys: readonly Toy[]): { readonly graph: Graph; readonly root: (name: string) => Output }
  solve(toys: readonly Toy[], roots: readonly string[], signal?: AbortSignal): Promise<{ results: readonly ResultId[]; calls: readonly string[]; story: readonly string[] }>
}

function toyOp(toy: Toy, calls: string[]): Op {
  return {
    async cacheMap() {
      const digest = toy.key === 'unknown' ? undefined : digestOf(toy.key ?? toy.name)
      const contentDigest = async (input: ResultId): Promise<Digest> => {
        calls.push(`hash ${input}`)
        return digestOf(input)
      }
      return { digest, inputs: (toy.inputs ?? []).map((_, index) => ({ selector: '', contentDigest: toy.byContent?.includes(index) === true ? contentDigest : undefined })) }
    },
    async execute(inputs, _context, signal) {
      calls.push(`run ${toy.name}`)
      if (toy.gate !== undefined) await Promise.race([toy.gate, aborted(signal)])
      if (toy.fails === true) throw new Error(`${toy.name} broke`)
      return [toy.result ?? `${toy.name}(${inputs.join(' ')})`]
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

const CONTEXT: Toy = { name: 'context', key: 'unknown', result: 'files' }
const BASE: Toy = { name: 'base' }
const COPY: Toy = { name: 'copy', inputs: ['base', 'context'], byContent: [1] }
const BUILD: readonly Toy[] = [BASE, CONTEXT, COPY, { name: 'make', inputs: ['copy'] }]

describe('the solver, with nothing in the cache', () => {
  it('executes a diamond once, inputs first', async () => {
    const shop = workshop()
    const toys: readonly Toy[] = [BASE, { name: 'left', inputs: ['base'] }, { name: 'right', inputs: ['base'] }, { name: 'top', inputs: ['left', 'right'] }]
    const { results, calls } = await shop.solve(toys, ['top'])
    assert.deepEqual(results, ['top(left(base()) right(base()))'])
    assert.deepEqual(calls, ['run base', 'run left', 'run right', 'run top'])
  })

  it('gives the results of several roots in their order, and leaves alone what none needs', async () => {
    const { results, calls } = await workshop().solve([BASE, { name: 'a', inputs: ['base'] }, { name: 'b' }, { name: 'idle' }], ['b', 'a'])
    assert.deepEqual(results, ['b()', 'a(base())'])
    assert.deepEqual(calls, ['run a', 'run b', 'run base'])
  })

  it('announces everything before anything starts, inputs first', async () => {
    const { story } = await workshop().solve(BUILD, ['make'])
    assert.deepEqual(story.slice(0, 4), ['base announced', 'context announced', 'copy announced', 'make announced'])
    assert.deepEqual(story.filter((line) => line.startsWith('copy')), ['copy announced', 'copy started', 'copy executed'])
  })
})

describe('the solver, with a cache', () => {
  it('executes and loads nothing the second time, and tells each step cached', async () => {
    const shop = workshop()
    const toys: readonly Toy[] = [BASE, { name: 'step', inputs: ['base'] }, { name: 'top', inputs: ['step'] }]
    const first = await shop.solve(toys, ['top'])
    const second = await shop.solve(toys, ['top'])
    assert.deepEqual(second.results, first.results)
    assert.deepEqual(second.calls, [])
    assert.deepEqual(second.story.filter((line) => line.endsWith('cached')), ['step cached', 'base cached', 'top cached'])
  })

  it('finds by content what stands on an input whose definition says nothing', async () => {
    const shop = workshop()
    await shop.solve(BUILD, ['make'])
    const again = await shop.solve(BUILD, ['make'])
    assert.deepEqual(again.calls, ['hash files', 'run context'])
  })

  it('executes anew where the content differs', async () => {
    const shop = workshop()
    await shop.solve(BUILD, ['make'])
    const changed = await shop.solve(BUILD.map((toy) => (toy === CONTEXT ? { ...CONTEXT, result: 'other files' } : toy)), ['make'])
    assert.deepEqual(changed.calls, ['hash other files', 'run context', 'run copy', 'run make'])
  })

  it('does not run again what copies from a stage that was rebuilt with equal output', async () => {
    const shop = workshop()
    const stage = (key: string): readonly Toy[] => [BASE, { name: 'stage', key, result: 'binary' }, { ...COPY, inputs: ['base', 'stage'] }, { name: 'test', inputs: ['copy'] }]
    await shop.solve(stage('v1'), ['test'])
    const rebuilt = await shop.solve(stage('v2'), ['test'])
    assert.deepEqual(rebuilt.calls, ['hash binary', 'run stage'])
    const known = await shop.solve(stage('v2'), ['test'])
    assert.deepEqual(known.calls, [], 'the match by content has become one by definition')
  })

  it('executes on another base, though the content is the same', async () => {
    const shop = workshop()
    await shop.solve(BUILD, ['make'])
    const toys: readonly Toy[] = [{ ...BASE, key: 'new base' }, CONTEXT, COPY]
    const { story, calls } = await shop.solve(toys, ['copy'])
    assert.deepEqual(calls, ['hash files', 'run base', 'run context', 'run copy'])
    assert.ok(story.includes('copy executed'))
  })

  it('executes a step whose result was pruned, and not what stands on it', async () => {
    const shop = workshop()
    const toys: readonly Toy[] = [BASE, { name: 'step', inputs: ['base'] }, { name: 'top', inputs: ['step'] }]
    await shop.solve(toys, ['top'])
    shop.gone.add('step(base())')
    assert.deepEqual((await shop.solve(toys, ['top'])).calls, [])
    shop.gone.add('top(step(base()))')
    assert.deepEqual((await shop.solve(toys, ['top'])).calls, ['run step', 'run top'])
  })

  it('runs a step that ignores the cache, and what stands on it, and keeps the new results', async () => {
    const shop = workshop()
    const toys = (result: string, ignoreCache: boolean): readonly Toy[] => [BASE, { name: 'step', inputs: ['base'], result, ignoreCache }, { name: 'top', inputs: ['step'] }]
    await shop.solve(toys('old', false), ['top'])
    const forced = await shop.solve(toys('new', true), ['top'])
    assert.deepEqual(forced.calls, ['run step', 'run top'])
    const after = await shop.solve(toys('new', false), ['top'])
    assert.deepEqual([after.calls, after.results], [[], ['top(new)']])
  })

  it('takes a chain of 2,000 steps in its stride', async () => {
    const shop = workshop()
    const toys = Array.from({ length: 2_000 }, (_, index): Toy => ({ name: `s${index}`, result: `r${index}`, inputs: index === 0 ? [] : [`s${index - 1}`] }))
    assert.equal((await shop.solve(toys, ['s1999'])).calls.length, 2_000)
    const again = await shop.solve(toys, ['s1999'])
    assert.deepEqual([again.calls, again.results], [[], ['r1999']])
  })
})

describe('the solver, with several solves at once', () => {
  it('shares the work on equal steps, and tells it to both', async () => {
    const shop = workshop()
    const gate = Promise.withResolvers<undefined>()
    const toys: readonly Toy[] = [{ ...BASE, gate: gate.promise }]
    const both = [shop.solve([...toys, { name: 'a', inputs: ['base'] }], ['a']), shop.solve([...toys, { name: 'b', inputs: ['base'] }], ['b'])]
    await nextTurn()
    gate.resolve(undefined)
    const [a, b] = await Promise.all(both)
    assert.deepEqual([...shop.calls].sort(), ['run a', 'run b', 'run base'])
    for (const solved of [a, b]) assert.ok(solved?.story.includes('base executed'))
  })

  it('goes on for the one that is left when the other is cancelled', async () => {
    const shop = workshop()
    const gate = Promise.withResolvers<undefined>()
    const cancel = new AbortController()
    const toys: readonly Toy[] = [{ ...BASE, gate: gate.promise }]
    const cancelled = shop.solve(toys, ['base'], cancel.signal)
    const kept = shop.solve(toys, ['base'])
    await nextTurn()
    cancel.abort(new Error('enough'))
    await assert.rejects(cancelled, { message: 'enough' })
    gate.resolve(undefined)
    assert.deepEqual((await kept).results, ['base()'])
    assert.deepEqual(shop.calls, ['run base'])
  })

  it('stops the step when the last one that waits is cancelled, and begins it anew for the next', async () => {
    const shop = workshop()
    const cancel = new AbortController()
    const cancelled = shop.solve([{ ...BASE, gate: new Promise(() => undefined) }], ['base'], cancel.signal)
    await nextTurn()
    cancel.abort(new Error('enough'))
    await assert.rejects(cancelled, { message: 'enough' })
    assert.deepEqual((await shop.solve([BASE], ['base'])).results, ['base()'])
  })

  it('does not begin when it was cancelled before', async () => {
    const shop = workshop()
    await assert.rejects(shop.solve([BASE], ['base'], AbortSignal.abort(new Error('too late'))), { message: 'too late' })
    assert.deepEqual(shop.calls, [])
  })

  it('lets go of what it had joined when a vertex has no op', async () => {
    const shop = workshop()
    const { graph, root } = shop.graph([BASE, { name: 'top', inputs: ['base'] }])
    const strange = [...graph.values()].map((vertex): Vertex => (vertex.note.name === 'top' ? { ...vertex, digest: digestOf('strange') } : vertex))
    const waiter = { sessionId: '', progress: () => undefined }
    await assert.rejects(shop.solver.solve(new Map(strange.map((vertex) => [vertex.digest, vertex])), [{ vertex: digestOf('strange'), index: 0 }], waiter, never), /no such toy/)
    assert.deepEqual(await shop.solver.solve(graph, [root('top')], waiter, never), ['top(base())'])
  })

  it('throws the first failure, cancels the rest, and tells the end of all that began', async () => {
    const shop = workshop()
    const { graph, root } = shop.graph([{ name: 'slow', gate: new Promise(() => undefined) }, { name: 'bad', fails: true }, { name: 'top', inputs: ['slow', 'bad'] }])
    const outcomes: string[] = []
    const progress = (event: ProgressEvent): void => {
      if (event.kind === 'vertex-done') outcomes.push(`${graph.get(event.vertex)?.note.name} ${event.outcome.kind}`)
    }
    await assert.rejects(shop.solver.solve(graph, [root('top')], { sessionId: '', progress }, never), { message: 'bad broke' })
    assert.deepEqual(outcomes, ['bad failed', 'slow cancelled'])
  })
})
