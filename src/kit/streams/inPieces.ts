import type { ChunkBuffers } from './chunkBuffers.ts'

/** The same bytes in pieces that fill one of `buffers` each, but for the last. */
export async function* inPieces(chunks: AsyncIterable<Uint8Array>, buffers: ChunkBuffers): AsyncGenerator<Uint8Array> {
  let buffer: Buffer | undefined
  let filled = 0
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.byteLength > 0; ) {
      buffer ??= buffers.next()
      const part = rest.subarray(0, buffers.sizeBytes - filled)
      buffer.set(part, filled)
      filled += part.byteLength
      rest = rest.subarray(part.byteLength)
      if (filled < buffers.sizeBytes) continue
      yield buffer
      buffer = undefined
      filled = 0
    }
  }
  if (buffer !== undefined) yield buffer.subarray(0, filled)
}
