import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { openDatabase } from '../../kit/database.ts'
import { createTempFolder } from '../../kit/files/tempFolder.ts'
import type { FailedStep } from '../../ops/failedStep.ts'
import type { Snapshot, SnapshotId } from '../../snapshot/snapshotStore.ts'
import { createFailedStepStore, type FailedStepStore } from './failedStepStore.ts'

const signal = new AbortController().signal
const DAY_MS = 24 * 60 * 60 * 1000

interface Fixture extends AsyncDisposable {
  readonly store: FailedStepStore
  readonly snapshots: Set<string>
  now: number
}

function openFixture(): Fixture {
  const folder = createTempFolder(tmpdir())
  const database = openDatabase(join(folder.path, 'state.db'))
  const snapshots = new Set(['base'])
  const fixture: Fixture = {
    snapshots,
    now: 1_000_000_000_000,
    store: createFailedStepStore({
      database,
      now: () => fixture.now,
      snapshots: {
        get: (id: SnapshotId): Snapshot | undefined => (snapshots.has(id) ? { id, parent: undefined, state: 'present', diffId: undefined, origin: undefined, revises: undefined } : undefined),
        remove: async (id: SnapshotId) => snapshots.delete(id),
      },
    }),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
  return fixture
}

function step(name: string, output: string): FailedStep {
  const exec = { kind: 'exec', argv: ['make'], env: [], proxyEnv: [], cwd: '/', user: '', mounts: [], network: 'default', security: 'sandbox', hostname: '', extraHosts: [], ulimits: [], shmSizeBytes: 0, cgroupParent: '' } as const
  return { vertex: digestOf(name), name, platform: parsePlatform('linux/arm64'), exec, inputs: ['base', ''], outputs: [output], message: 'exit code: 2' }
}

async function keep({ store, snapshots }: Fixture, name: string, output: string): Promise<string> {
  snapshots.add(output)
  return await store.keep(step(name, output), signal)
}

describe('createFailedStepStore', () => {
  it('gives back what it was given, by the beginning of its id, or the last one', async () => {
    await using fixture = openFixture()
    const id = await keep(fixture, 'one', 'left-1')
    await keep(fixture, 'two', 'left-2')
    assert.deepEqual({ ...fixture.store.find(id.slice(0, 6)) }, { ...step('one', 'left-1'), id, failedAtMs: fixture.now })
    assert.equal(fixture.store.find('').name, 'two')
    assert.throws(() => fixture.store.find('ffffff'), { name: 'FailedStepMissingError', kind: 'not-found' })
  })

  it('replaces what the step left before, and removes it', async () => {
    await using fixture = openFixture()
    assert.equal(await keep(fixture, 'one', 'left-1'), await keep(fixture, 'one', 'left-2'))
    assert.deepEqual([fixture.store.list().map(({ outputs }) => outputs), [...fixture.snapshots]], [[['left-2']], ['base', 'left-2']])
  })

  it('keeps eight, the last ones', async () => {
    await using fixture = openFixture()
    for (let count = 0; count < 10; count += 1) await keep(fixture, `step ${count}`, `left-${count}`)
    assert.deepEqual(fixture.store.list().map(({ name }) => name), [9, 8, 7, 6, 5, 4, 3, 2].map((count) => `step ${count}`))
    assert.equal(fixture.snapshots.size, 9)
  })

  it('keeps them for a day', async () => {
    await using fixture = openFixture()
    await keep(fixture, 'one', 'left-1')
    fixture.now += DAY_MS
    await fixture.store.sweep(signal)
    assert.equal(fixture.store.list().length, 1)
    fixture.now += 1
    await fixture.store.sweep(signal)
    assert.deepEqual([fixture.store.list(), [...fixture.snapshots]], [[], ['base']])
  })

  it('says of what was pruned that it was', async () => {
    await using fixture = openFixture()
    const id = await keep(fixture, 'one', 'left-1')
    fixture.snapshots.delete('left-1')
    assert.deepEqual(fixture.store.list(), [])
    assert.throws(() => fixture.store.find(id), { name: 'FailedStepPrunedError' })
  })
})
