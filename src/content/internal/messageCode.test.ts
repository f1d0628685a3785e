import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CODE_KEY_BYTES, codeOf } from './messageCode.ts'

describe('codeOf', () => {
  const key = Buffer.alloc(CODE_KEY_BYTES, 1)
  const block = Buffer.alloc(70_000, 'block')
  const changed = (at: number): Buffer => {
    const bytes = Buffer.from(block)
    bytes[at] = 0
    return bytes
  }

  it('is that of GMAC', () => {
    // test case 13 of the specification of GCM, which is GMAC of nothing
    assert.equal(codeOf(Buffer.alloc(0), Buffer.alloc(CODE_KEY_BYTES)), '530f8afbc74536b9a963b4f1c4cb738b')
  })
  it('is the same for the same bytes', () => assert.equal(codeOf(Buffer.from(block), key), codeOf(block, key)))

  for (const { name, other, otherKey } of [
    { name: 'first byte', other: changed(0), otherKey: key },
    { name: 'last byte', other: changed(69_999), otherKey: key },
    { name: 'length', other: Buffer.concat([block, Buffer.alloc(1)]), otherKey: key },
    { name: 'key', other: block, otherKey: Buffer.alloc(CODE_KEY_BYTES, 2) },
  ]) {
    it(`is another one with another ${name}`, () => assert.notEqual(codeOf(other, otherKey), codeOf(block, key)))
  }
})
