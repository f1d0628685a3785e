import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openDatabase } from '../../src/kit/database.ts'
import { openSnapshots, type OpenedSnapshots } from '../../src/snapshot/openSnapshots.ts'
import type { SnapshotId } from '../../src/snapshot/snapshotStore.ts'
import { missingForRootWork } from '../support/requires.ts'

const { signal } = new AbortController()

/** A store whose process ends without a word, and which is opened again on the machine named by a boot id. */
interface Store extends Disposable {
  readonly root: string
  /** Runs `work` in a process's life, on a machine that was started as `bootId` says. */
  during<T>(bootId: string, work: (opened: OpenedSnapshots) => Promise<T>): Promise<T>
}

function makeStore(): Store {
  const root = mkdtempSync(join(tmpdir(), 'pelago-power-'))
  return {
    root,
    async during(bootId, work) {
      using database = openDatabase(join(root, 'state.db'))
      await using opened = await openSnapshots({ root, database, now: Date.now, backend: 'copy', bootId }, signal)
      return await work(opened)
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

async function add({ snapshots }: OpenedSnapshots, parent: SnapshotId | undefined, name: string): Promise<SnapshotId> {
  await using mutable = await snapshots.openMutable(parent, signal)
  writeFileSync(join(mutable.path, name), name)
  return await mutable.commit()
}

const skip = missingForRootWork()

describe('snapshots and a machine that goes down', { skip }, () => {
  const cases = [
    { name: 'keeps all that was synced', syncs: 2, nextBoot: 'second', kept: ['base', 'top'] },
    { name: 'removes what was not synced', syncs: 1, nextBoot: 'second', kept: ['base'] },
    { name: 'removes with it what stands on it', syncs: 0, nextBoot: 'second', kept: [] },
    { name: 'keeps all where only a process went down', syncs: 0, nextBoot: 'first', kept: ['base', 'top'] },
  ] as const
  for (const { name, syncs, nextBoot, kept } of cases) {
    it(name, async () => {
      using store = makeStore()
      const ids = await store.during('first', async (opened) => {
        const base = await add(opened, undefined, 'base')
        if (syncs >= 1) await opened.sync()
        const top = await add(opened, base, 'top')
        if (syncs >= 2) await opened.sync()
        return new Map([['base', base], ['top', top]])
      })
      await store.during(nextBoot, async ({ snapshots }) => {
        assert.deepEqual([...ids].flatMap(([label, id]) => (snapshots.get(id) === undefined ? [] : [label])), kept)
        assert.equal(readdirSync(join(store.root, 'layers')).length, kept.length)
      })
    })
  }

  it('removes them though a process held them when it went down, and goes on', async () => {
    using store = makeStore()
    const torn = await store.during('first', async (opened) => {
      const id = await add(opened, undefined, 'torn')
      opened.snapshots.openView(id, signal).catch(() => undefined) // never given back
      return id
    })
    await store.during('second', async (opened) => {
      assert.equal(opened.snapshots.get(torn), undefined)
      await using view = await opened.snapshots.openView(await add(opened, undefined, 'new'), signal)
      assert.equal(readFileSync(join(view.path, 'new'), 'utf8'), 'new')
    })
  })
})
