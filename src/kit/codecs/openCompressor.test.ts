import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { describe, it } from 'node:test'
import { constants, inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { hasNativeDeflate, openNativeDeflater } from './nativeDeflater.ts'
import { hasNativeZstd, openNativeZstdCompressor } from './nativeZstdCompressor.ts'
import { nodeDeflater, nodeZstdCompressor } from './nodeCompressors.ts'
import { maxPackedBytes, type PieceCompressor } from './pieceCompressor.ts'

/** Always the same. */
function randomOf(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length))
}

/** Text in which random stretches become longer and longer. */
function mixOf(length: number): Buffer {
  const bytes = Buffer.alloc(length, 'some text that repeats itself, and repeats itself again; ')
  for (let at = 0, run = 100; at < length; at += 9_000, run = (run * 2) % 8_000) randomOf(Math.min(run, length - at)).copy(bytes, at)
  return bytes
}

const PIECES: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  { name: 'nothing', bytes: Buffer.alloc(0) },
  { name: 'a byte', bytes: Buffer.from('a') },
  { name: 'zeros', bytes: Buffer.alloc(1 << 20) },
  { name: 'random bytes', bytes: randomOf(1 << 20) },
  { name: 'text', bytes: Buffer.alloc(300_001, 'some text that repeats itself; ') },
  { name: 'a mix', bytes: mixOf(4 << 20) },
  { name: 'a part of a buffer', bytes: mixOf(200_000).subarray(77, 150_000) },
]

async function packed(compressor: PieceCompressor, bytes: Uint8Array): Promise<Buffer> {
  const output = Buffer.allocUnsafeSlow(maxPackedBytes(bytes.byteLength))
  return output.subarray(0, await compressor.compress(bytes, output))
}

const CODECS = [
  { name: 'deflate', levels: [0, 1, 6, 9], hasNative: hasNativeDeflate(), openNative: openNativeDeflater, openNode: nodeDeflater, unpack: (bytes: Buffer) => inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) },
  { name: 'zstd', levels: [1, 3, 12], hasNative: hasNativeZstd(), openNative: openNativeZstdCompressor, openNode: nodeZstdCompressor, unpack: (bytes: Buffer) => zstdDecompressSync(bytes) },
]

for (const { name, levels, hasNative, openNative, openNode, unpack } of CODECS) {
  describe(`pieces compressed by ${name}`, { skip: hasNative ? false : `this Node has no ${name} to be called` }, () => {
    for (const level of levels) {
      it(`are at level ${level} the bytes that Node's own calls give, whatever was compressed before`, async () => {
        using native = openNative(level)
        using slow = openNode(level)
        for (const piece of [...PIECES, ...PIECES.toReversed()]) {
          const bytes = await packed(native, piece.bytes)
          assert.ok(bytes.equals(await packed(slow, piece.bytes)), piece.name)
          assert.ok(unpack(bytes).equals(piece.bytes), piece.name)
        }
      })
    }

    it('are refused where there is no room for them, and the next one is whole', async () => {
      using native = openNative(6)
      await assert.rejects(native.compress(randomOf(10_000), Buffer.alloc(5_000)))
      assert.ok(unpack(await packed(native, mixOf(70_000))).equals(mixOf(70_000)))
    })

    it('may be closed twice', () => {
      const native = openNative(6)
      native[Symbol.dispose]()
      native[Symbol.dispose]()
    })
  })
}
