import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { createOrderlyEnd, type OrderlyEnd } from './orderlyEnd.ts'

const REASON = new Error('the reason')

describe('an orderly end', () => {
  const ways: readonly { readonly name: string; readonly begin: () => { readonly end: OrderlyEnd; readonly go: () => void } }[] = [
    { name: 'that was asked for', begin: () => toEnd(new AbortController().signal, (end) => end.end(REASON)) },
    {
      name: 'by its signal',
      begin() {
        const stop = new AbortController()
        return toEnd(stop.signal, () => stop.abort(REASON))
      },
    },
    { name: 'by a signal that was aborted before', begin: () => toEnd(AbortSignal.abort(REASON), () => undefined) },
  ]
  for (const { name, begin } of ways) {
    it(`${name} is over later than it is told, for the same reason`, async () => {
      const { end, go } = begin()
      go()
      assert.deepEqual([end.ending.reason, end.over.aborted], [REASON, false])
      await once(end.over, 'abort')
      assert.equal(end.over.reason, REASON)
    })
  }

  it('that is disposed is never over', async () => {
    const end = createOrderlyEnd(new AbortController().signal, 0)
    end.end(REASON)
    end[Symbol.dispose]()
    await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(end.over.aborted, false)
  })
})

function toEnd(signal: AbortSignal, go: (end: OrderlyEnd) => void): { readonly end: OrderlyEnd; readonly go: () => void } {
  const end = createOrderlyEnd(signal, 5)
  return { end, go: () => go(end) }
}
