import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { acquireLock, isLocked, tryLock, type LockKind } from './fileLock.ts'

const folder = mkdtempSync(join(tmpdir(), 'pelago-lock-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = (): string => join(folder, String(++files))
const { signal } = new AbortController()

describe('tryLock', () => {
  const cases: readonly { readonly first: LockKind; readonly second: LockKind; readonly isFree: boolean }[] = [
    { first: 'exclusive', second: 'exclusive', isFree: false },
    { first: 'exclusive', second: 'shared', isFree: false },
    { first: 'shared', second: 'exclusive', isFree: false },
    { first: 'shared', second: 'shared', isFree: true },
  ]
  for (const { first, second, isFree } of cases) {
    it(`${isFree ? 'gives' : 'refuses'} a lock that is ${second} beside one that is ${first}`, async () => {
      const path = newPath()
      await using held = tryLock(path, first)
      await using other = tryLock(path, second)
      assert.deepEqual([held?.path, other?.path], [path, isFree ? path : undefined])
    })
  }

  it('gives a lock again that was disposed twice', async () => {
    const path = newPath()
    const held = tryLock(path, 'exclusive')
    await held?.[Symbol.asyncDispose]()
    await held?.[Symbol.asyncDispose]()
    await using again = tryLock(path, 'exclusive')
    assert.ok(again)
  })

  it('takes the file away when the lock is removed', () => {
    const path = newPath()
    tryLock(path, 'exclusive')?.remove()
    assert.deepEqual([existsSync(path), isLocked(path)], [false, false])
  })
})

describe('acquireLock', () => {
  it('waits for the holder, also where he removes the file', async () => {
    const path = newPath()
    const held = tryLock(path, 'exclusive')
    const waiting = acquireLock(path, 'exclusive', signal)
    setImmediate(() => held?.remove())
    await using lock = await waiting
    assert.deepEqual([isLocked(path), existsSync(lock.path)], [true, true])
  })

  it('stops waiting with the reason of its signal', async () => {
    const path = newPath()
    await using held = tryLock(path, 'exclusive')
    const cancel = new AbortController()
    const waiting = acquireLock(path, 'shared', cancel.signal)
    cancel.abort(new RangeError('enough'))
    await assert.rejects(waiting, RangeError)
    assert.ok(held)
  })
})
