import { hasNativeDeflate, openNativeDeflater } from './nativeDeflater.ts'
import { hasNativeZstd, openNativeZstdCompressor } from './nativeZstdCompressor.ts'
import { nodeDeflater, nodeZstdCompressor } from './nodeCompressors.ts'
import type { PieceCompressor } from './pieceCompressor.ts'

/** Deflate (RFC 1951), ended at a byte's border and without the last block's mark. `level` as zlib has it. */
export function openDeflater(level: number): PieceCompressor {
  return hasNativeDeflate() ? openNativeDeflater(level) : nodeDeflater(level)
}

/** A frame of zstd (RFC 8878) that says how long it is. `level` as zstd has it. */
export function openZstdCompressor(level: number): PieceCompressor {
  return hasNativeZstd() ? openNativeZstdCompressor(level) : nodeZstdCompressor(level)
}
