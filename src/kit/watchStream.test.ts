import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { watchStream } from './watchStream.ts'

/** The same buffer each time, as readers of files use theirs. */
async function* reused(count: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(4)
  for (let index = 0; index < count; index += 1) yield buffer.fill(index)
}

async function sum(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let total = 0
  for await (const chunk of chunks) {
    await new Promise((resolve) => setImmediate(resolve))
    total += chunk.reduce((all, byte) => all + byte, 0)
  }
  return total
}

describe('watchStream', () => {
  const watchers: readonly (readonly [name: string, watcher: (seen: AsyncIterable<Uint8Array>) => Promise<unknown>, outcome: unknown])[] = [
    ['sees all, though buffers are used again', sum, 180],
    ['may look at the beginning only', async (seen) => {
      for await (const chunk of seen) return chunk[0]
      return -1
    }, 0],
    ['may not look at all', async () => 'nothing', 'nothing'],
    ['may fail', async (seen) => {
      for await (const chunk of seen) if (chunk[0] === 3) throw new Error('broken')
      return 'all'
    }, undefined],
  ]
  for (const [name, watcher, outcome] of watchers) {
    it(`has a watcher that ${name}`, async () => {
      const told: unknown[] = []
      assert.equal(await sum(watchStream(reused(10), watcher, (seen) => void told.push(seen))), 180)
      assert.deepEqual(told, [outcome])
    })
  }
  it('ends the watcher, and tells nothing of it, where the reader stops early', async () => {
    const told: unknown[] = []
    const ended = Promise.withResolvers<unknown>()
    const watched = watchStream(reused(10), async (seen) => ended.resolve(await sum(seen)), (seen) => void told.push(seen))
    for await (const chunk of watched) if (chunk[0] === 2) break
    await ended.promise
    assert.deepEqual(told, [])
  })
  it('fails as its source does', async () => {
    const broken = (async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1)
      throw new Error('cut off')
    })()
    await assert.rejects(sum(watchStream(broken, sum, () => undefined)), /cut off/)
  })
})
