import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatEpochTime, parseEpochSeconds } from './sourceDateEpoch.ts'

describe('parseEpochSeconds', () => {
  for (const [text, seconds] of [['0', 0], ['1700000000', 1_700_000_000], ['253402300799', 253_402_300_799]] as const) {
    it(`reads ${text}`, () => assert.equal(parseEpochSeconds(text), seconds))
  }
  for (const text of ['', '-1', '+1', '1.5', '1e3', '0x10', ' 1', 'now', 'context', '253402300800', '99999999999999999999']) {
    it(`has none for ${JSON.stringify(text)}`, () => assert.equal(parseEpochSeconds(text), undefined))
  }
})

describe('formatEpochTime', () => {
  it('writes whole seconds', () => assert.deepEqual([0, 1_700_000_000, 253_402_300_799].map(formatEpochTime), ['1970-01-01T00:00:00Z', '2023-11-14T22:13:20Z', '9999-12-31T23:59:59Z']))
})
