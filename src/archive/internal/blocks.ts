/** The stream cut into blocks of one size; the last is shorter. Each has a buffer of its own. */
export async function* toBlocks(chunks: AsyncIterable<Uint8Array>, blockBytes: number): AsyncGenerator<Uint8Array> {
  let block = Buffer.allocUnsafeSlow(blockBytes)
  let filled = 0
  for await (const chunk of chunks) {
    for (let offset = 0; offset < chunk.byteLength; ) {
      const piece = chunk.subarray(offset, offset + blockBytes - filled)
      block.set(piece, filled)
      filled += piece.byteLength
      offset += piece.byteLength
      if (filled === blockBytes) {
        yield block
        block = Buffer.allocUnsafeSlow(blockBytes)
        filled = 0
      }
    }
  }
  if (filled > 0) yield block.subarray(0, filled)
}
