import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readAhead } from './readAhead.ts'

describe('readAhead', () => {
  const numbers = (events: string[], failsAt = Infinity): AsyncGenerator<number> =>
    (async function* () {
      try {
        for (let number = 1; number <= 3; number += 1) {
          events.push(`made ${number}`)
          if (number === failsAt) throw new Error('no more')
          yield number
        }
      } finally {
        events.push('ended')
      }
    })()

  it('has the next made while one is used', async () => {
    const events: string[] = []
    for await (const number of readAhead(numbers(events))) events.push(`used ${number}`)
    assert.deepEqual(events, ['made 1', 'made 2', 'used 1', 'made 3', 'used 2', 'ended', 'used 3'])
  })

  it('ends its source when the consumer stops', async () => {
    const events: string[] = []
    for await (const number of readAhead(numbers(events))) if (number === 1) break
    assert.deepEqual(events, ['made 1', 'made 2', 'ended'])
  })

  it('fails behind what came before', async () => {
    const used: number[] = []
    await assert.rejects(async () => {
      for await (const number of readAhead(numbers([], 2))) used.push(number)
    }, /no more/)
    assert.deepEqual(used, [1])
  })
})
