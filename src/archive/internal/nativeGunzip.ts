import { openNativeInflater } from '../../kit/codecs/nativeInflater.ts'
import type { ChunkBuffers } from '../../kit/streams/chunkBuffers.ts'

export interface GunzipOptions {
  readonly buffers: ChunkBuffers
  /** Whether gzip's own checksums are compared. */
  readonly checks: boolean
}

/**
 * What is in gzip (RFC 1952), of one member or of several; zeros behind them are left out, as Node and gzip do. What fills
 * a buffer is a chunk. @throws an error with the code of zlib
 */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>, { buffers, checks }: GunzipOptions): AsyncGenerator<Uint8Array> {
  using inflater = openNativeInflater({ checks })
  let state: 'member' | 'between' | 'padding' = 'member'
  let output = buffers.next()
  let filled = 0
  for await (const chunk of chunks) {
    let isFull = false // zlib may hold more than there was room for
    for (let rest = chunk; rest.byteLength > 0 || isFull; ) {
      if (state === 'between' && rest[0] !== 0) {
        inflater.reset()
        state = 'member'
      }
      if (state !== 'member') {
        state = 'padding'
        break
      }
      const { readBytes, filledBytes, isMemberEnd } = await inflater.inflate(rest, output.subarray(filled))
      rest = rest.subarray(readBytes)
      filled += filledBytes
      if (isMemberEnd) state = 'between'
      isFull = filled === output.byteLength
      if (!isFull) continue
      yield output
      output = buffers.next()
      filled = 0
      isFull = !isMemberEnd
    }
  }
  if (filled > 0) yield output.subarray(0, filled)
  if (state === 'member') throw Object.assign(new Error('unexpected end of file'), { code: 'Z_BUF_ERROR' })
}
