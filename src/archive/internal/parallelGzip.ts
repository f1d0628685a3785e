import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw, type ZlibOptions } from 'node:zlib'
import { toBlocks } from './blocks.ts'

const deflate = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw)

/** Large enough that the dictionary and the flush between blocks cost little (0.1% in size), small enough to keep all cores busy. */
const BLOCK_BYTES = 1 << 20
/** Deflate's window: how far back a match may lie. */
const DICTIONARY_BYTES = 32 * 1024
/** Node's pool has four threads unless told otherwise. */
const IN_FLIGHT = Math.min(4, availableParallelism()) + 1

/**
 * One gzip stream, made of blocks that are deflated side by side: each has the end of the one before as its
 * dictionary and ends on a byte's boundary. The bytes depend on input and level only.
 */
export async function* compressGzip(chunks: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Uint8Array> {
  let checksum = 0
  let sizeBytes = 0
  const pending: Promise<Uint8Array>[] = [Promise.resolve(gzipHeader(level))]
  try {
    let dictionary: Uint8Array | undefined
    for await (const block of toBlocks(chunks, BLOCK_BYTES)) {
      checksum = crc32(block, checksum)
      sizeBytes += block.byteLength
      const next = deflate(block, blockOptions(level, dictionary))
      next.catch(() => undefined) // it is awaited below, in its turn
      pending.push(next)
      dictionary = block.subarray(-DICTIONARY_BYTES)
      if (pending.length >= IN_FLIGHT) yield await takeFirst(pending)
    }
    while (pending.length > 0) yield await takeFirst(pending)
    yield gzipTrailer(checksum, sizeBytes)
  } finally {
    await Promise.allSettled(pending) // at most IN_FLIGHT: the pool must not go on with what nobody wants
  }
}

function blockOptions(level: number, dictionary: Uint8Array | undefined): ZlibOptions {
  const options = { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: BLOCK_BYTES + 4096, memLevel: 8 }
  // an empty dictionary is an error to zlib
  return dictionary === undefined ? options : { ...options, dictionary }
}

async function takeFirst(pending: Promise<Uint8Array>[]): Promise<Uint8Array> {
  const first = pending.shift()
  if (first === undefined) throw new Error('no block is pending')
  return first
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
