import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { createSharedSync } from './sharedSync.ts'

describe('a shared sync', () => {
  it('is one turn for all who come while the disk is at work, and another for who comes later', async () => {
    const turns: (() => void)[] = []
    const sync = createSharedSync('/folder', (path) => {
      assert.equal(path, '/folder')
      return new Promise((resolve) => void turns.push(resolve))
    })
    const done: string[] = []
    const ask = (name: string): Promise<void> => sync().then(() => void done.push(name))
    const first = ask('first')
    const others = [ask('second'), ask('third')]
    assert.equal(turns.length, 1)
    turns[0]?.()
    await first
    assert.deepEqual([done, turns.length], [['first'], 2])
    const later = ask('later') // the second turn has begun
    turns[1]?.()
    await Promise.all(others)
    assert.deepEqual([done, turns.length], [['first', 'second', 'third'], 3])
    turns[2]?.()
    await later
  })

  it('tells all of its turn that it failed, and tries anew for the next', async () => {
    let turns = 0
    const sync = createSharedSync('/folder', () => ((turns += 1) < 3 ? Promise.reject(new Error('EIO')) : Promise.resolve()))
    const calls = await Promise.allSettled([sync(), sync(), sync()])
    assert.deepEqual(calls.map(({ status }) => status), ['rejected', 'rejected', 'rejected'])
    await sync()
    assert.equal(turns, 3)
  })

  it('syncs a real folder', async () => createSharedSync(tmpdir())())
})
