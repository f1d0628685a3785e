import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { openDatabase } from '../../kit/database.ts'
import { createTempFolder } from '../../kit/files/tempFolder.ts'
import { createBuildRecordStore, type BuildRecordStore, type KeptBuild } from './buildRecordStore.ts'

const HOUR_MS = 3_600_000
const NOW = 1000 * HOUR_MS

async function withStore(work: (store: BuildRecordStore) => void): Promise<void> {
  await using folder = createTempFolder(tmpdir())
  using database = openDatabase(join(folder.path, 'state.db'))
  work(createBuildRecordStore(database, () => NOW))
}

function build(index: number, hoursAgo: number, isPinned = false): KeptBuild {
  const completedAtMs = NOW - hoursAgo * HOUR_MS
  return { ref: `build-${index}`, startedAtMs: completedAtMs - 1, completedAtMs, isPinned, record: Buffer.from(String(index)), events: index % 2 === 0 ? digestOf(String(index)) : undefined, attachments: [digestOf('a'), digestOf('b')].slice(index % 3) }
}

describe('the records of past builds', () => {
  it('come the last one first, as they were put', async () => {
    await withStore((store) => {
      for (const kept of [build(1, 3), build(2, 1), build(3, 2)]) store.put(kept)
      assert.deepEqual(store.list().map(({ ref }) => ref), ['build-2', 'build-3', 'build-1'])
      assert.deepEqual({ ...store.get('build-2'), record: undefined }, { ...build(2, 1), record: undefined })
      store.put({ ...build(2, 1), isPinned: true })
      assert.equal(store.get('build-2')?.isPinned, true)
      assert.deepEqual([store.remove('build-2'), store.remove('build-2'), store.get('build-2')], [true, false, undefined])
    })
  })

  it('are too many only where they are too old as well, and are not pinned', async () => {
    await withStore((store) => {
      for (let index = 0; index < 60; index += 1) store.put(build(index, index))
      assert.deepEqual(store.surplus().map(({ ref }) => ref), [50, 51, 52, 53, 54, 55, 56, 57, 58, 59].map((index) => `build-${index}`).filter((_, place) => place + 50 > 48))
      store.put({ ...build(59, 59), isPinned: true })
      assert.ok(!store.surplus().some(({ ref }) => ref === 'build-59'))
    })
  })

  it('are too many at a thousand, however young', async () => {
    await withStore((store) => {
      for (let index = 0; index < 1002; index += 1) store.put(build(index, index / 1000))
      assert.deepEqual(store.surplus().map(({ ref }) => ref), ['build-1000', 'build-1001'])
    })
  })
})
