import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createLeftovers } from './leftovers.ts'

describe('leftovers of a store', () => {
  it('are cleared one after the other, though one cannot be, and have settled then', async () => {
    const leftovers = createLeftovers()
    const done: string[] = []
    leftovers.clear(async () => {
      await nextTurn()
      done.push('first')
    })
    leftovers.clear(() => Promise.reject(new Error('EBUSY')))
    leftovers.clear(async () => void done.push('last'))
    assert.deepEqual(done, [])
    await leftovers.settled()
    assert.deepEqual(done, ['first', 'last'])
  })
})
