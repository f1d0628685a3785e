import { openZstdCompressor } from '../../kit/codecs/openCompressor.ts'
import { maxPackedBytes } from '../../kit/codecs/pieceCompressor.ts'
import { giveBackBuffer, takeBuffer } from '../../kit/process/bufferPool.ts'
import type { KeptBlocks } from '../keptBlocks.ts'
import { packBlocks, type BlockPacker, type BlockPacking } from './packedBlocks.ts'
import type { CutSizes } from './tarCuts.ts'

/** As much as a frame looks back anyway at the usual levels: less costs 2% in size, and this 0.5%. */
const SIZES: CutSizes = { minBytes: 1024 * 1024, maxBytes: 4 * 1024 * 1024 }

/** Frames one after the other, which any reader takes for one stream (RFC 8878, "Zstandard Frames"). The bytes depend on input and level only. */
export async function* compressZstd(chunks: AsyncIterable<Uint8Array>, level: number, kept: KeptBlocks | undefined): AsyncGenerator<Uint8Array> {
  const packing = zstdPacking(level)
  let isEmpty = true
  for await (const { packed } of packBlocks(chunks, packing, { kept, startBytes: 0 })) {
    isEmpty = false
    yield packed
  }
  if (!isEmpty) return
  using packer = packing.openPacker()
  yield await packer.pack(new Uint8Array(0)) // no frame at all would be no zstd
}

/** To be raised with any change of what else the bytes of a block depend on, but the level. */
const PARAMETERS_VERSION = 3

/** Each frame says how long it is: else the highest levels take, and ask of readers, the memory for an endless one, 700 MB each to write and 128 to read. */
function zstdPacking(level: number): BlockPacking {
  return { sizes: SIZES, name: `zstd ${PARAMETERS_VERSION} ${level} ${process.versions['zstd'] ?? ''}`, checksum: () => 0, openPacker: () => openFramePacker(level) }
}

function openFramePacker(level: number): BlockPacker {
  const compressor = openZstdCompressor(level)
  const output = takeBuffer(maxPackedBytes(SIZES.maxBytes))
  return {
    pack: async (block) => output.subarray(0, await compressor.compress(block, output)),
    [Symbol.dispose]() {
      compressor[Symbol.dispose]()
      giveBackBuffer(output)
    },
  }
}
