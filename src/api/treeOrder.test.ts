import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compareTreePaths } from './treeOrder.ts'

describe('the order of a walk', () => {
  it('has what is in a folder right after it', () => {
    assert.deepEqual(['a-b', 'a.txt', 'a/b', 'a', 'ab', 'a/b/c'].toSorted(compareTreePaths), ['a', 'a/b', 'a/b/c', 'a-b', 'a.txt', 'ab'])
  })

  it('is that of the bytes with the slash lowest', () => {
    const path = fc.string({ unit: fc.constantFrom('/', '.', '-', 'a', 'é', '\u{ffee}', '\u{1f3dd}', '\u{e000}'), maxLength: 5 })
    fc.assert(
      fc.property(path, path, (a, b) => {
        const bytes = (text: string): Buffer => Buffer.from(Buffer.from(text).map((byte) => (byte === 0x2f ? 0 : byte)))
        assert.equal(Math.sign(compareTreePaths(a, b)), Buffer.compare(bytes(a), bytes(b)))
      }),
    )
  })
})
