import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf, openCodeKey, type CodeKey } from './messageCode.ts'

const keyOf = (byte: number): CodeKey => openCodeKey(Buffer.alloc(32, byte))

describe('codeOf', () => {
  const key = keyOf(1)
  const block = Buffer.alloc(70_000, 'block')
  const changed = (at: number): Buffer => {
    const bytes = Buffer.from(block)
    bytes[at] = 0
    return bytes
  }

  it('is that of GMAC', () => {
    // test case 13 of the specification of GCM, which is GMAC of nothing
    assert.equal(codeOf(keyOf(0)), '530f8afbc74536b9a963b4f1c4cb738b')
  })
  it('is the same for the same bytes', () => assert.equal(codeOf(key, Buffer.from(block)), codeOf(key, block)))
  it('is that of all parts, one behind the other', () => assert.equal(codeOf(key, block.subarray(0, 100), block.subarray(100)), codeOf(key, block)))

  for (const { name, other, otherKey } of [
    { name: 'first byte', other: changed(0), otherKey: key },
    { name: 'last byte', other: changed(69_999), otherKey: key },
    { name: 'length', other: Buffer.concat([block, Buffer.alloc(1)]), otherKey: key },
    { name: 'key', other: block, otherKey: keyOf(2) },
  ]) {
    it(`is another one with another ${name}`, () => assert.notEqual(codeOf(otherKey, other), codeOf(key, block)))
  }
})
