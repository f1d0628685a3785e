import { openDeflater } from '../../kit/codecs/openCompressor.ts'
import { maxPackedBytes } from '../../kit/codecs/pieceCompressor.ts'
import { giveBackBuffer, takeBuffer } from '../../kit/process/bufferPool.ts'
import { cutAtDensity, MAX_STRETCHES_PER_MIB } from './denseStretches.ts'
import type { BlockPacker } from './packedBlocks.ts'

/** To be raised with any change of what else the bytes depend on, beside the level and zlib's version. */
export const DEFLATE_VERSION = 3

/**
 * Makes deflate (RFC 1951) of blocks of up to `maxBytes`, ended at a byte's border and without the last block's mark.
 * What would not become smaller is stored as it is, which zlib takes fifty times longer to find out.
 */
export function openBlockDeflater(level: number, maxBytes: number): BlockPacker {
  const deflater = openDeflater(level)
  const output = takeBuffer(maxBytes + Math.ceil(maxBytes / MIB) * MAX_STRETCHES_PER_MIB * maxPackedBytes(0) + (maxBytes >> 8))
  return {
    async pack(block) {
      let filled = 0
      for (const { bytes, isDense } of level === 0 ? [{ bytes: block, isDense: false }] : cutAtDensity(block)) {
        const rest = output.subarray(filled)
        filled += isDense ? store(bytes, rest) : await deflater.compress(bytes, rest)
      }
      return output.subarray(0, filled)
    },
    [Symbol.dispose]() {
      deflater[Symbol.dispose]()
      giveBackBuffer(output)
    },
  }
}

const MIB = 1024 * 1024
const MAX_STORED_BYTES = 65_535
const STORED_HEAD_BYTES = 5

/** RFC 1951, 3.2.4: type, padding, length, its complement, and the bytes. Into `output` from its start on; how many bytes. */
function store(bytes: Uint8Array, output: Buffer): number {
  let filled = 0
  for (let at = 0; at < bytes.byteLength; at += MAX_STORED_BYTES) {
    const content = bytes.subarray(at, at + MAX_STORED_BYTES)
    output.writeUInt8(0, filled)
    output.writeUInt16LE(content.byteLength, filled + 1)
    output.writeUInt16LE(~content.byteLength & 0xffff, filled + 3)
    output.set(content, filled + STORED_HEAD_BYTES)
    filled += STORED_HEAD_BYTES + content.byteLength
  }
  return filled
}
