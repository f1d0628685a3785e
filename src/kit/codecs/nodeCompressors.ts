import { promisify } from 'node:util'
import { constants, createZstdCompress, deflateRaw, type ZlibOptions } from 'node:zlib'
import { maxPackedBytes, type PieceCompressor } from './pieceCompressor.ts'

const deflate = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw)

/** By Node's own calls, which make a stream and buffers anew for each piece. */
export function nodeDeflater(level: number): PieceCompressor {
  return into(async (piece) => await deflate(piece, { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: maxPackedBytes(piece.byteLength), memLevel: 8 }))
}

export function nodeZstdCompressor(level: number): PieceCompressor {
  const params = { [constants.ZSTD_c_compressionLevel]: level }
  return into(async (piece) => {
    const flush = constants.ZSTD_e_end // with the only write, and no end, which would add an empty frame: so zstd compresses where the piece stands
    const stream = createZstdCompress({ params, flush, chunkSize: maxPackedBytes(piece.byteLength), pledgedSrcSize: piece.byteLength })
    const packed: Buffer[] = []
    stream.on('data', (chunk: Buffer) => void packed.push(chunk))
    try {
      await new Promise<void>((resolve, reject) => {
        stream.once('error', reject)
        stream.write(piece, (error) => (error ? reject(error) : resolve()))
      })
      return Buffer.concat(packed)
    } finally {
      stream.destroy()
    }
  })
}

function into(pack: (piece: Uint8Array) => Promise<Uint8Array>): PieceCompressor {
  return {
    async compress(piece, output) {
      const packed = await pack(piece)
      output.set(packed)
      return packed.byteLength
    },
    [Symbol.dispose]: () => undefined,
  }
}
