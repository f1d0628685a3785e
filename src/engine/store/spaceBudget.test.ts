import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToKeep, isBounded, type SpaceBounds } from './spaceBudget.ts'

const NO_BOUNDS: SpaceBounds = { reservedBytes: 0, maxUsedBytes: 0, minFreeBytes: 0 }

describe('isBounded', () => {
  it('is false where all bounds are 0', () => assert.deepEqual([isBounded(NO_BOUNDS), isBounded({ ...NO_BOUNDS, minFreeBytes: 1 })], [false, true]))
})

describe('bytesToKeep', () => {
  const disk = { usedBytes: 100, freeBytes: 50 }
  const cases = [
    { name: 'is what may be used', bounds: { maxUsedBytes: 70 }, keep: 70 },
    { name: 'is what is reserved where nothing else is said', bounds: { reservedBytes: 30 }, keep: 30 },
    { name: 'is all where enough is free', bounds: { minFreeBytes: 40 }, keep: 100 },
    { name: 'is less by what is missing on the disk', bounds: { minFreeBytes: 60 }, keep: 90 },
    { name: 'is the lesser of two', bounds: { minFreeBytes: 90, maxUsedBytes: 70 }, keep: 60 },
    { name: 'is never less than what is reserved', bounds: { minFreeBytes: 120, maxUsedBytes: 70, reservedBytes: 40 }, keep: 40 },
    { name: 'is nothing where all of it would not do', bounds: { minFreeBytes: 500 }, keep: 0 },
  ]
  for (const { name, bounds, keep } of cases) it(name, () => assert.equal(bytesToKeep({ ...NO_BOUNDS, ...bounds }, disk), keep))
})
