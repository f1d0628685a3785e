import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { integerOf, openDatabase } from '../../kit/database.ts'
import type { StepTime } from '../../ops/stepTimes.ts'
import { createStepTimeStore, type StepTimeStore } from './stepTimeStore.ts'

const ARM64 = parsePlatform('linux/arm64')
const MAKE: StepTime = { op: digestOf('make'), name: '[linux/arm64 build 2/4] RUN make', platform: ARM64, mode: 'emulated', durationMs: 1234.4 }
const DAY_MS = 24 * 60 * 60 * 1000

interface Bench extends Disposable {
  readonly store: StepTimeStore
  readonly clock: { now: number }
  count(): number
}

function openBench(maxKept?: number): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-times-'))
  const database = openDatabase(join(folder, 'state.db'))
  const clock = { now: 1_000_000 }
  return {
    store: createStepTimeStore(database, () => clock.now++, maxKept),
    clock,
    count: () => integerOf(database.get('SELECT count(*) AS count FROM step_time') ?? {}, 'count'),
    [Symbol.dispose]() {
      database[Symbol.dispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

describe('the times of steps', () => {
  it('are found by what a step does, the last one', () => {
    using bench = openBench()
    bench.store.record(MAKE)
    bench.store.record({ ...MAKE, durationMs: 99 })
    assert.equal(bench.store.find({ ...MAKE, name: 'something else' }), 99)
    assert.equal(bench.count(), 1)
  })
  it('are told apart by how it ran', () => {
    using bench = openBench()
    bench.store.record(MAKE)
    assert.equal(bench.store.find({ ...MAKE, mode: 'native' }), undefined)
  })
  it('are found by the words and the platform where it does something else now', () => {
    using bench = openBench()
    bench.store.record(MAKE)
    const moved = { ...MAKE, op: digestOf('other'), name: '[stage-1 3/9] RUN make' }
    assert.equal(bench.store.find(moved), 1234)
    assert.equal(bench.store.find({ ...moved, platform: parsePlatform('linux/s390x') }), undefined)
    assert.equal(bench.store.find({ ...moved, name: '[stage-1 3/9] RUN make -j2' }), undefined)
  })
  it('are forgotten after 90 days, or when that is asked for', () => {
    using bench = openBench()
    bench.store.record(MAKE)
    bench.clock.now += 91 * DAY_MS
    bench.store.record({ ...MAKE, op: digestOf('later'), name: 'RUN later' })
    assert.equal(bench.store.find(MAKE), undefined)
    bench.store.forget(bench.clock.now)
    assert.equal(bench.count(), 0)
  })
  it('are no more than so many, the last ones', () => {
    using bench = openBench(20)
    for (let index = 0; index < 30; index++) bench.store.record({ ...MAKE, op: digestOf(`${index}`), name: `RUN ${index}`, durationMs: index })
    assert.equal(bench.count(), 20)
    assert.equal(bench.store.find({ ...MAKE, op: digestOf('9'), name: 'RUN 9' }), undefined)
    assert.equal(bench.store.find({ ...MAKE, op: digestOf('10'), name: 'RUN 10' }), 10)
  })
})
