import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { joinChecksums } from './crc32.ts'

describe('joined checksums', () => {
  it('are those of all bytes', () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
      assert.equal(joinChecksums(crc32(first), crc32(second), second.byteLength), crc32(Buffer.concat([first, second])))
    })))

  it('are those of a stretch as long as no buffer is', () => {
    // 2^40 zeros by doubling, and by halves of another length
    const doubled = Array.from({ length: 40 }).reduce<{ checksum: number; bytes: number }>(({ checksum, bytes }) => ({ checksum: joinChecksums(checksum, checksum, bytes), bytes: bytes * 2 }), { checksum: crc32(Buffer.alloc(1)), bytes: 1 })
    const third = Array.from({ length: 20 }).reduce<{ checksum: number; bytes: number }>(({ checksum, bytes }) => ({ checksum: joinChecksums(checksum, checksum, bytes), bytes: bytes * 2 }), { checksum: crc32(Buffer.alloc(2 ** 20)), bytes: 2 ** 20 })
    assert.deepEqual(doubled, third)
  })
})
