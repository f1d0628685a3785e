import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { partOf } from './fileCalls.ts'

describe('a range of a file', () => {
  it('is what it says', () => assert.deepEqual(partOf({ Offset: 2n, Length: 3n }), { offset: 2, length: 3 }))
  for (const [Offset, Length] of [[-1n, 3n], [0n, -1n]] as const) {
    it(`is refused with ${Length} bytes from ${Offset} on`, () => assert.throws(() => partOf({ Offset, Length }), { name: 'InvalidValueError' }))
  }
})
