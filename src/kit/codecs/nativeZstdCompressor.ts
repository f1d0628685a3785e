import { constants } from 'node:zlib'
import { areThere, declare, invoke, invokeAsync } from '../syscalls/libc.ts'
import type { PieceCompressor } from './pieceCompressor.ts'

/* zstd as it stands in Node's own program, with one context for all pieces: as in `nativeDeflater`. */

const CREATE = declare('ZSTD_createCCtx', [], 'int64_t')
const SET_PARAMETER = declare('ZSTD_CCtx_setParameter', ['int64_t', 'int', 'int'], 'int64_t')
const COMPRESS = declare('ZSTD_compress2', ['int64_t', 'void *', 'size_t', 'void *', 'size_t'], 'int64_t')
const FREE = declare('ZSTD_freeCCtx', ['int64_t'], 'int64_t')

export function hasNativeZstd(): boolean {
  return (process.arch === 'x64' || process.arch === 'arm64') && areThere([CREATE, SET_PARAMETER, COMPRESS, FREE])
}

/** The bytes of `nodeZstdCompressor`. */
export function openNativeZstdCompressor(level: number): PieceCompressor {
  const context = invoke(CREATE, [])
  if (context === 0) throw new Error('zstd has no memory')
  let isOpen = true
  check(invoke(SET_PARAMETER, [context, constants.ZSTD_c_compressionLevel, level]))
  return {
    compress: async (piece, output) => check((await invokeAsync(COMPRESS, [context, output, output.byteLength, piece, piece.byteLength])).result),
    [Symbol.dispose]() {
      if (isOpen) invoke(FREE, [context])
      isOpen = false
    },
  }
}

/** Errors are small negative numbers. */
function check(result: number): number {
  if (result < 0) throw new Error(`zstd answers ${result}`)
  return result
}
