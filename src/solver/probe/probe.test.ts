import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { workshop, type Toy, type Workshop } from '../toys.suite.ts'
import type { Prospect } from './probe.ts'

const never = new AbortController().signal

const CONTEXT: Toy = { name: 'context', key: 'unknown', result: 'files' }
const BASE: Toy = { name: 'base' }
const COPY: Toy = { name: 'copy', inputs: ['base', 'context'], byContent: [1] }
const MAKE: Toy = { name: 'make', inputs: ['copy'] }
const TAKE: Toy = { name: 'take', inputs: ['base', 'make'], byContent: [1] }
const TEST: Toy = { name: 'test', inputs: ['take'] }
const ALL: readonly Toy[] = [BASE, CONTEXT, COPY, MAKE, TAKE, TEST]

/** Each vertex as `name kind`, in the order of the graph. */
async function look(shop: Workshop, toys: readonly Toy[], root: string): Promise<readonly string[]> {
  const { graph, root: rootOf } = shop.graph(toys)
  const prospects = await shop.probe.probe(graph, [rootOf(root)], { sessionId: 's', progress: () => undefined }, never)
  const nameOf = (digest: string): string => [...graph.values()].find((vertex) => vertex.digest === digest)?.note.name ?? ''
  const tell = (prospect: Prospect): string => (prospect.kind === 'unknown' ? `unknown until ${[...prospect.until].map(nameOf).join(' ')}` : prospect.kind)
  return [...prospects].map(([digest, prospect]) => `${nameOf(digest)} ${tell(prospect)}`)
}

describe('a probe', () => {
  it('tells that all runs where nothing is cached, but what hangs on content that is not there', async () => {
    assert.deepEqual(await look(workshop(), ALL, 'test'), ['base runs', 'context runs', 'copy runs', 'make runs', 'take runs', 'test runs'])
  })
  it('tells that all is cached after a solve, and reads the context alone', async () => {
    const shop = workshop()
    await shop.solve(ALL, ['test'])
    shop.calls.length = 0
    assert.deepEqual(await look(shop, ALL, 'test'), ['base cached', 'context runs', 'copy cached', 'make cached', 'take cached', 'test cached'])
    assert.deepEqual(shop.calls, ['run context', 'hash files'])
  })
  it('does not guess what a step will make', async () => {
    const shop = workshop()
    await shop.solve(ALL, ['test'])
    const changed = ALL.map((toy) => (toy.name === 'make' ? { ...toy, key: 'changed' } : toy))
    assert.deepEqual(await look(shop, changed, 'test'), ['base cached', 'context runs', 'copy cached', 'make runs', 'take unknown until make', 'test unknown until make'])
  })
  it('does not bring files to look into them', async () => {
    const shop = workshop()
    const toys: readonly Toy[] = [BASE, { name: 'other' }, { name: 'take', inputs: ['base', 'other'], byContent: [1], key: 'new' }]
    await shop.solve([BASE, { name: 'other' }, { name: 'take', inputs: ['base', 'other'], byContent: [1] }], ['take'])
    await shop.solve([BASE, { name: 'more' }, { name: 'take', inputs: ['base', 'more'], byContent: [1], key: 'new' }], ['take'])
    shop.unreadable.add('other()')
    assert.deepEqual(await look(shop, toys, 'take'), ['base cached', 'other cached', 'take unknown until other'])
  })
  it('writes nothing', async () => {
    const shop = workshop()
    await look(shop, ALL, 'test')
    assert.equal((await look(shop, ALL, 'test')).includes('take runs'), true)
  })
})

interface Change {
  readonly key: string | undefined
  readonly result: string | undefined
  readonly ignoreCache: boolean
  readonly isGone: boolean
}

const change: fc.Arbitrary<Change> = fc.record({
  key: fc.constantFrom(undefined, undefined, undefined, 'other', 'unknown'),
  result: fc.constantFrom(undefined, undefined, 'x', 'y'),
  ignoreCache: fc.constantFrom(false, false, false, false, true),
  isGone: fc.constantFrom(false, false, false, true),
})

const node = fc.record({ inputs: fc.subarray([0, 1, 2, 3, 4, 5]), byContent: fc.subarray([0, 1, 2]), isContext: fc.constantFrom(false, false, true), before: change, after: change })

type Node = typeof node extends fc.Arbitrary<infer N> ? N : never

function toToy(nodes: readonly Node[], index: number, when: 'before' | 'after'): Toy {
  const { inputs, byContent, isContext, [when]: own } = nodes[index] ?? assert.fail()
  const below = inputs.filter((input) => input < index)
  const isSource = isContext && below.length === 0
  const key = isSource ? 'unknown' : own.key === 'unknown' ? undefined : own.key
  return { name: `n${index}`, inputs: below.map((input) => `n${input}`), byContent, ignoreCache: when === 'after' && own.ignoreCache, ...(key === undefined ? {} : { key: key === 'unknown' ? key : `${key}${index}` }), ...(own.result === undefined ? {} : { result: `${own.result}${index}` }) }
}

describe('a probe and the solve after it', () => {
  it('agree on every vertex', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(node, { minLength: 2, maxLength: 7 }), async (nodes) => {
        const shop = workshop()
        const root = `n${nodes.length - 1}`
        const toysOf = (when: 'before' | 'after'): readonly Toy[] => nodes.map((_, index) => toToy(nodes, index, when))
        const { calls: made } = await shop.solve(toysOf('before'), [root])
        const after = toysOf('after')
        for (const call of made) {
          const index = Number(/^run n(\d+)$/.exec(call)?.[1] ?? -1)
          const gone = nodes[index]?.after.isGone === true ? (toToy(nodes, index, 'before').result ?? '') : ''
          if (gone !== '') shop.gone.add(gone)
        }
        const told = await look(shop, after, root)
        const { calls } = await shop.solve(after, [root])
        const executed = new Set(calls.flatMap((call) => /^run (n\d+)$/.exec(call)?.[1] ?? []))
        for (const line of told) {
          const [name = '', kind] = line.split(' ')
          if (kind !== 'unknown') assert.equal(executed.has(name), kind === 'runs', `${line}, of ${told.join(', ')}; executed ${[...executed].join(' ')}`)
        }
      }),
      { numRuns: 400 },
    )
  })
})
