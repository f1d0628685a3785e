/** Compresses one piece after the other, each by itself, on another thread; never two at once. What a piece becomes depends on it and the level alone. */
export interface PieceCompressor extends Disposable {
  /**
   * Into `output` from its start on, which has room for `maxPackedBytes`; resolves to the bytes written. Both are left
   * alone until then, and the compressor is not disposed of.
   */
  compress(piece: Uint8Array, output: Uint8Array): Promise<number>
}

/** What `bytes` come to at the worst, by either codec. */
export function maxPackedBytes(bytes: number): number {
  return bytes + (bytes >> 8) + 1024
}
