import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import type { Vertex } from '../graph/vertex.ts'
import { createLimit } from '../kit/limit.ts'
import type { ProgressEvent } from '../progress/progressEvent.ts'
import { workshop, type Toy } from './toys.suite.ts'

const never = new AbortController().signal

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

  it('gives the next turn to the step on which the longest chain of others stands', async () => {
    const shop = workshop()
    const limit = createLimit(1)
    const held = await limit.acquire(never)
    const step = (name: string, ...inputs: readonly string[]): Toy => ({ name, inputs, limit })
    const toys = [step('short'), step('wide'), step('a', 'wide'), step('b', 'wide'), step('deep'), step('deeper', 'deep'), step('deepest', 'deeper')]
    const solved = shop.solve(toys, ['short', 'a', 'b', 'deepest'])
    while (shop.calls.length < 3) await nextTurn()
    held[Symbol.dispose]()
    await solved
    const turns = shop.calls.filter((call) => call.startsWith('turn')).map((call) => call.slice('turn '.length))
    assert.deepEqual(turns.slice(0, 2), ['deep', 'wide'])
    assert.equal(turns.length, 7)
  })

  it('announces everything before anything starts, inputs first', async () => {
    const { story } = await workshop().solve(BUILD, ['make'])
    assert.deepEqual(story.slice(0, 4), ['base announced', 'context announced', 'copy announced', 'make announced'])
    assert.deepEqual(story.filter((line) => line.startsWith('copy')), ['copy announced', 'copy started', 'copy executed'])
  })
})

describe('the solver, with a cache', () => {
  it('executes again what was for one solve alone, where something new stands on it, and finds again what stood on it', async () => {
    const shop = workshop()
    const makeshift: Toy = { name: 'makeshift', inputs: ['base'], keepsNothing: true }
    const toys: readonly Toy[] = [BASE, makeshift, { name: 'old', inputs: ['makeshift'] }, { name: 'new', inputs: ['makeshift'] }]
    const first = await shop.solve(toys, ['old'])
    assert.deepEqual([first.results, first.calls], [['old(makeshift(base()))'], ['run base', 'run makeshift', 'run old']])
    assert.deepEqual((await shop.solve(toys, ['old'])).calls, [])
    assert.deepEqual((await shop.solve(toys, ['new'])).calls, ['run makeshift', 'run new'])
  })

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

  it('follows what a step that ignores the cache has come to, in what copies from it and in what stands on that', async () => {
    const shop = workshop()
    const toys = (result: string, ignoreCache = false): readonly Toy[] => [BASE, { name: 'stage', inputs: ['base'], result, ignoreCache }, { ...COPY, inputs: ['base', 'stage'] }, { name: 'top', inputs: ['copy'] }]
    const solve = async (...toy: Parameters<typeof toys>): Promise<readonly unknown[]> => {
      const { calls, results } = await shop.solve(toys(...toy), ['top'])
      return [calls.filter((call) => call.startsWith('run')), results]
    }
    const [old, fresh] = ['top(copy(base() old))', 'top(copy(base() fresh))']
    await solve('old')
    assert.deepEqual(await solve('fresh', true), [['run copy', 'run stage', 'run top'], [fresh]])
    assert.deepEqual(await solve('fresh'), [[], [fresh]], 'found by definition, it is the newest')
    assert.deepEqual(await solve('old', true), [['run stage'], [old]], 'content that was there before has its own result')
    assert.deepEqual(await solve('old'), [[], [old]])
  })

  it('keeps apart what a step that was pruned has come to before and after', async () => {
    const shop = workshop()
    const toys = (name: string, result: string): readonly Toy[] => [BASE, { name, inputs: ['base'], result }, { ...COPY, inputs: ['base', name] }]
    await shop.solve(toys('stage', 'old'), ['copy'])
    for (const result of ['old', 'copy(base() old)']) shop.gone.add(result)
    const again = await shop.solve(toys('stage', 'fresh').map((toy) => (toy.name === 'stage' ? { ...toy, key: 'stage' } : toy)), ['copy'])
    assert.deepEqual(again.results, ['copy(base() fresh)'])
    const other = await shop.solve(toys('other', 'old'), ['copy'])
    assert.deepEqual([other.calls.filter((call) => call === 'run copy'), other.results], [['run copy'], ['copy(base() old)']])
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

  it('gives the next turn to the step on which most stand in any of them', async () => {
    const shop = workshop()
    const limit = createLimit(1)
    const held = await limit.acquire(never)
    const gate = Promise.withResolvers<undefined>()
    const toys: readonly Toy[] = [{ ...BASE, gate: gate.promise }, { name: 'first', inputs: ['base'], limit }, { name: 'second', inputs: ['base'], limit }, { name: 'top', inputs: ['second'] }]
    const both = [shop.solve(toys, ['first', 'second']), shop.solve(toys, ['top'])]
    await nextTurn()
    gate.resolve(undefined)
    while (shop.calls.length < 3) await nextTurn()
    held[Symbol.dispose]()
    await Promise.all(both)
    assert.deepEqual(shop.calls.filter((call) => call.startsWith('turn')), ['turn second', 'turn first'])
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

  it('has at hand what it made for a solve that is over as long as that is held, be the cache ignored or of no use', async () => {
    const shop = workshop()
    const held = new AbortController()
    const { graph, root } = shop.graph([BASE, CONTEXT, { ...COPY, ignoreCache: true }])
    const solve = (): Promise<unknown> => shop.solver.solve(graph, [root('copy')], { sessionId: 's', progress: () => undefined, held: held.signal }, never)
    await solve()
    shop.calls.length = 0
    await solve()
    assert.equal(shop.calls.length, 0)
    held.abort()
    await nextTurn()
    await solve()
    assert.deepEqual([...shop.calls].sort(), ['hash files', 'run context', 'run copy'])
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
