import { promisify } from 'node:util'
import { constants, deflateRaw, type ZlibOptions } from 'node:zlib'
import { cutAtDensity } from './denseStretches.ts'

const deflate = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw)

/** To be raised with any change of what else the bytes depend on, beside the level and zlib's version. */
export const DEFLATE_VERSION = 3

/** Deflate (RFC 1951) of `block`, ended at a byte's border and without the last block's mark. What would not become smaller is stored as it is, which zlib takes fifty times longer to find out. */
export async function deflateBlock(block: Uint8Array, level: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (const { bytes, isDense } of level === 0 ? [{ bytes: block, isDense: false }] : cutAtDensity(block)) {
    parts.push(...(isDense ? storedBlocks(bytes) : [await deflate(bytes, { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: bytes.byteLength + 4096, memLevel: 8 })]))
  }
  const [only, ...others] = parts
  return only !== undefined && others.length === 0 ? only : Buffer.concat(parts)
}

const MAX_STORED_BYTES = 65_535

/** RFC 1951, 3.2.4: type, padding, length, its complement, and the bytes. */
function storedBlocks(bytes: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.byteLength; at += MAX_STORED_BYTES) {
    const content = bytes.subarray(at, at + MAX_STORED_BYTES)
    const head = Buffer.alloc(5)
    head.writeUInt16LE(content.byteLength, 1)
    head.writeUInt16LE(~content.byteLength & 0xffff, 3)
    parts.push(head, content)
  }
  return parts
}
