import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measureGrowth } from './growth.ts'

const exponents = (values: readonly number[]): readonly string[] => measureGrowth(values.map((value, index) => ({ amount: 10 ** index, value }))).map(({ exponent }) => exponent?.toFixed(2) ?? '–')

describe('growth', () => {
  it('is 1 where ten times the work takes ten times as long', () => assert.deepEqual(exponents([5, 50, 500]), ['–', '1.00', '1.00']))
  it('is 2 where it takes a hundred times as long', () => assert.deepEqual(exponents([1, 100]), ['–', '2.00']))
  it('is 0 where it takes no longer', () => assert.deepEqual(exponents([7, 7]), ['–', '0.00']))
  it('is told of each step, so that a fixed part at the start hides nothing', () => {
    const steps = measureGrowth([{ amount: 1, value: 100 }, { amount: 10, value: 110 }, { amount: 100, value: 2_000 }])
    assert.deepEqual(steps.map(({ isOff }) => isOff), [false, false, true])
  })
  it('does not mind the order', () => assert.deepEqual(measureGrowth([{ amount: 4, value: 8 }, { amount: 2, value: 4 }]).map(({ amount }) => amount), [2, 4]))
})
