import { crc32 } from 'node:zlib'
import type { KeptBlocks } from '../keptBlocks.ts'
import { joinChecksums } from './crc32.ts'
import { DEFLATE_VERSION, openBlockDeflater } from './deflateBlock.ts'
import { packBlocks, type BlockPacking } from './packedBlocks.ts'
import type { CutSizes } from './tarCuts.ts'

/** Large enough that an empty window at the start of each costs little (0.1% in size), small enough to keep all cores busy. */
const SIZES: CutSizes = { minBytes: 256 * 1024, maxBytes: 1024 * 1024 }

/** One gzip stream, made of blocks that are deflated each by itself and end on a byte's boundary. The bytes depend on input and level only. */
export async function* compressGzip(chunks: AsyncIterable<Uint8Array>, level: number, kept: KeptBlocks | undefined): AsyncGenerator<Uint8Array> {
  const header = gzipHeader(level)
  let total = 0
  let sizeBytes = 0
  for await (const { block, packed, checksum } of packBlocks(chunks, gzipPacking(level), { kept, startBytes: header.byteLength })) {
    if (sizeBytes === 0) yield header // only now: whoever stops at it has begun to read, and ends, the source
    total = joinChecksums(total, checksum, block.byteLength)
    sizeBytes += block.byteLength
    yield packed
  }
  if (sizeBytes === 0) yield header
  yield gzipTrailer(total, sizeBytes)
}

function gzipPacking(level: number): BlockPacking {
  return { sizes: SIZES, name: `gzip ${DEFLATE_VERSION} ${level} ${process.versions.zlib}`, checksum: crc32, openPacker: () => openBlockDeflater(level, SIZES.maxBytes) }
}

/** RFC 1952, without time or name. */
function gzipHeader(level: number): Uint8Array {
  const extraFlags = level === 9 ? 2 : level === 1 ? 4 : 0
  return Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, extraFlags, 0xff)
}

/** An empty last block of deflate, then checksum and length. */
function gzipTrailer(checksum: number, sizeBytes: number): Uint8Array {
  const trailer = Buffer.alloc(10)
  trailer.writeUInt16LE(0x0003, 0)
  trailer.writeUInt32LE(checksum, 2)
  trailer.writeUInt32LE(sizeBytes % 2 ** 32, 6)
  return trailer
}
