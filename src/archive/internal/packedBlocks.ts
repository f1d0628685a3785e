import { availableParallelism } from 'node:os'
import type { KeptBlocks } from '../keptBlocks.ts'
import { createBlockBuffers, cutAtEntries, type CutSizes } from './tarCuts.ts'

/** How blocks are compressed, each by itself. */
export interface BlockPacking {
  readonly sizes: CutSizes
  /** All that the packed bytes depend on beside the block: codec, parameters, level, and the library's version. */
  readonly name: string
  /** Of a block as it is, where the format has one of the whole, else 0; taken once, and kept with what the block is packed to. */
  checksum(block: Uint8Array): number
  openPacker(): BlockPacker
}

/** Packs one block after the other, into a buffer of its own: what it returned last is used before. */
export interface BlockPacker extends Disposable {
  pack(block: Uint8Array): Promise<Uint8Array>
}

/** To be used before the next is asked for: the buffers are then taken again. */
export interface PackedBlock {
  readonly block: Uint8Array
  readonly packed: Uint8Array
  readonly checksum: number
}

/** Node's pool has four threads unless told otherwise. */
const IN_FLIGHT = Math.min(4, availableParallelism()) + 1

/**
 * The blocks of a tar stream, in order, each packed; several are worked on side by side. What `kept` has is not packed
 * again; `startBytes` is where the first stands in the output.
 */
export async function* packBlocks(chunks: AsyncIterable<Uint8Array>, packing: BlockPacking, { kept, startBytes }: { readonly kept: KeptBlocks | undefined; readonly startBytes: number }): AsyncGenerator<PackedBlock> {
  const pending: Promise<NamedBlock>[] = []
  using buffers = createBlockBuffers(packing.sizes.maxBytes)
  using packers = createPackers(packing)
  let offset = startBytes
  async function* takeFirst(): AsyncGenerator<PackedBlock> {
    const done = await pending.shift()
    if (done === undefined) return
    if (done.name !== undefined) kept?.note({ name: done.name, offset, packed: done.packed, checksum: done.checksum })
    offset += done.packed.byteLength
    yield done
    buffers.giveBack(done.block)
    if (done.packer !== undefined) packers.giveBack(done.packer)
  }
  try {
    for await (const block of cutAtEntries(chunks, packing.sizes, buffers)) {
      const next = packOne(block, { packing, packers, kept })
      next.catch(() => undefined) // it is awaited below, in its turn
      pending.push(next)
      if (pending.length >= IN_FLIGHT) yield* takeFirst()
    }
    while (pending.length > 0) yield* takeFirst()
  } finally {
    await Promise.allSettled(pending) // at most IN_FLIGHT: the pool must not go on with what nobody wants
  }
}

interface NamedBlock extends PackedBlock {
  readonly name: string | undefined
  /** Whose buffer `packed` stands in. */
  readonly packer: BlockPacker | undefined
}

interface Packing {
  readonly packing: BlockPacking
  readonly packers: Packers
  readonly kept: KeptBlocks | undefined
}

async function packOne(block: Uint8Array, { packing, packers, kept }: Packing): Promise<NamedBlock> {
  const name = kept === undefined ? undefined : `${packing.name} ${kept.nameOf(block)}`
  const found = name === undefined ? undefined : await kept?.find(name)
  if (found !== undefined) return { ...found, block, name, packer: undefined }
  const packer = packers.take()
  return { block, name, checksum: packing.checksum(block), packed: await packer.pack(block), packer }
}

/** Opened when they are needed, and used again. */
interface Packers extends Disposable {
  take(): BlockPacker
  giveBack(packer: BlockPacker): void
}

function createPackers(packing: BlockPacking): Packers {
  const all: BlockPacker[] = []
  const free: BlockPacker[] = []
  return {
    take() {
      const known = free.pop()
      if (known !== undefined) return known
      const opened = packing.openPacker()
      all.push(opened)
      return opened
    },
    giveBack: (packer) => void free.push(packer),
    [Symbol.dispose]: () => all.forEach((packer) => packer[Symbol.dispose]()),
  }
}
