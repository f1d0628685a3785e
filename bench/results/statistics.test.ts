import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { summarize } from './statistics.ts'

describe('a summary', () => {
  it('is the middle of an odd number, in whatever order', () => assert.deepEqual(summarize([9, 1, 4]), { median: 4, least: 1, most: 9 }))
  it('is half way between the middle two of an even number', () => assert.deepEqual(summarize([8, 2, 4, 100]), { median: 6, least: 2, most: 100 }))
  it('is nothing of nothing', () => assert.equal(summarize([]), undefined))
  it('has the median between least and most', () => {
    fc.assert(fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e9 }), { minLength: 1 }), (values) => {
      const { median, least, most } = summarize(values) ?? { median: NaN, least: NaN, most: NaN }
      assert.ok(least <= median && median <= most)
    }))
  })
})
