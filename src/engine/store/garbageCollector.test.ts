import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PruneOptions } from './cachePrune.ts'
import { createGarbageCollector } from './garbageCollector.ts'

const RULE: PruneOptions = { all: false, keepMs: 0, filter: () => true, bounds: { reservedBytes: 0, maxUsedBytes: 0, minFreeBytes: 0 } }

describe('a garbage collector', () => {
  it('follows its rules once a minute, however many builds there are', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
    const pruned: PruneOptions[] = []
    await using collector = createGarbageCollector({ rules: [RULE, { ...RULE, all: true }], prune: (rule) => note(pruned, rule), now: Date.now })
    const build = async (afterMs: number): Promise<number> => {
      collector.afterBuild()
      t.mock.timers.tick(afterMs)
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      return pruned.length
    }
    assert.equal(await build(999), 0)
    assert.equal(await build(1), 2)
    assert.equal(await build(59_000), 2)
    assert.equal(await build(1_000), 4)
    assert.deepEqual(pruned.map(({ all }) => all), [false, true, false, true])
  })

  it('does nothing without rules, and nothing more once it is disposed', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
    const pruned: PruneOptions[] = []
    const collector = createGarbageCollector({ rules: [RULE], prune: (rule) => note(pruned, rule), now: Date.now })
    collector.afterBuild()
    await collector[Symbol.asyncDispose]()
    collector.afterBuild()
    createGarbageCollector({ rules: [], prune: (rule) => note(pruned, rule), now: Date.now }).afterBuild()
    t.mock.timers.tick(1_000_000)
    assert.deepEqual(pruned, [])
  })

  it('is disposed once what it does has ended', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
    const told: string[] = []
    const step = Promise.withResolvers<undefined>()
    async function* prune(_rule: PruneOptions, signal: AbortSignal): AsyncGenerator<undefined> {
      await step.promise
      yield undefined
      told.push(`goes on: ${!signal.aborted}`)
    }
    const collector = createGarbageCollector({ rules: [RULE, RULE], prune, now: Date.now })
    collector.afterBuild()
    t.mock.timers.tick(1_000)
    const disposed = collector[Symbol.asyncDispose]().then(() => told.push('disposed'))
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    assert.deepEqual(told, [])
    step.resolve(undefined)
    await disposed
    assert.deepEqual(told, ['disposed'])
  })
})

async function* note(pruned: PruneOptions[], rule: PruneOptions): AsyncGenerator<never> {
  pruned.push(rule)
}
