import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLimit, mapLimited } from './limit.ts'

const signal = new AbortController().signal

describe('a limit', () => {
  it('never runs more than its places at once, and runs all in order', async () => {
    const limit = createLimit(2)
    let running = 0
    let most = 0
    const started: number[] = []
    const work = async (item: number): Promise<number> => {
      started.push(item)
      running += 1
      most = Math.max(most, running)
      await nextTurn()
      running -= 1
      return item * 10
    }
    assert.deepEqual(await mapLimited([1, 2, 3, 4, 5], limit, work, signal), [10, 20, 30, 40, 50])
    assert.deepEqual(started, [1, 2, 3, 4, 5])
    assert.equal(most, 2)
  })

  it('serves the highest rank first, and equal ones in order of arrival', async () => {
    const limit = createLimit(1)
    const held = await limit.acquire(signal)
    const served: string[] = []
    const ranked: readonly (readonly [string, number | undefined])[] = [['none', undefined], ['low', 1], ['high', 3], ['low too', 1], ['high too', 3]]
    const all = ranked.map(([name, rank]) => limit.run(async () => void served.push(name), signal, rank))
    held[Symbol.dispose]()
    await Promise.all(all)
    assert.deepEqual(served, ['high', 'high too', 'low', 'low too', 'none'])
  })

  it('serves a low rank in its time, however many of a higher one come after it', async () => {
    const limit = createLimit(1)
    let place = await limit.acquire(signal)
    const served: string[] = []
    const low = limit.run(async () => void served.push('low'), signal)
    let overtaken = 0
    for (; served.length === 0 && overtaken < 100; overtaken += 1) {
      const next = limit.acquire(signal, 3)
      place[Symbol.dispose]()
      place = await next
    }
    place[Symbol.dispose]()
    await low
    assert.ok(overtaken > 3 && overtaken < 20, `overtaken ${overtaken} times`)
  })

  it('gives the place back when the work fails', async () => {
    const limit = createLimit(1)
    await assert.rejects(
      limit.run(async () => {
        throw new Error('work')
      }, signal),
      { message: 'work' },
    )
    assert.equal(await limit.run(async () => 'next', signal), 'next')
  })

  it('lets a waiter leave without losing a place', async () => {
    const limit = createLimit(1)
    const held = await limit.acquire(signal)
    const impatient = new AbortController()
    const left = limit.acquire(impatient.signal)
    impatient.abort(new Error('gone'))
    await assert.rejects(left, { message: 'gone' })
    held[Symbol.dispose]()
    held[Symbol.dispose]() // twice is once
    const next = await limit.acquire(signal)
    const third = new AbortController()
    const refused = limit.acquire(third.signal)
    third.abort(new Error('full'))
    await assert.rejects(refused, { message: 'full' })
    next[Symbol.dispose]()
  })

  it('cancels the rest when one of a list fails, and throws what it threw', async () => {
    const cancelled: number[] = []
    const work = async (item: number, inner: AbortSignal): Promise<void> => {
      if (item === 2) throw new Error('second')
      await new Promise<void>((_, reject) => {
        inner.addEventListener('abort', () => {
          cancelled.push(item)
          reject(new Error('consequence'))
        })
      })
    }
    await assert.rejects(mapLimited([1, 2, 3], createLimit(3), work, signal), { message: 'second' })
    assert.deepEqual(cancelled, [1, 3])
  })
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
