import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatTwinUse, parseTwinUse } from './twinText.ts'

describe('the use of twins as text', () => {
  const cases = [
    { use: { native: 1204, emulated: 106, why: '' }, text: 'with twins: 1,204 of 1,310 processes ran natively' },
    { use: { native: 0, emulated: 1, why: '' }, text: 'with twins: 0 of 1 process ran natively' },
    { use: { native: 0, emulated: 0, why: 'another libc' }, text: 'without twins: another libc' },
  ]
  for (const { use, text } of cases) it(`is "${text}"`, () => assert.equal(formatTwinUse(use), text))
  it('is read as it was written', () => {
    const uses = fc.oneof(fc.record({ native: fc.nat(), emulated: fc.nat(), why: fc.constant('') }), fc.record({ native: fc.constant(0), emulated: fc.constant(0), why: fc.string({ minLength: 1 }) }))
    fc.assert(fc.property(uses, (use) => assert.deepEqual(parseTwinUse(formatTwinUse(use)), { ...use })))
  })
  for (const text of ['', 'with twins: ', 'without twins: ', 'with twins: a of b processes ran natively', 'emulated by qemu-arm']) {
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(parseTwinUse(text), undefined))
  }
})
