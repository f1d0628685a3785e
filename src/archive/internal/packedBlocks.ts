import { subtle } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { KeptBlocks } from '../keptBlocks.ts'
import { createBlockBuffers, cutAtEntries, type CutSizes } from './tarCuts.ts'

/** How blocks are compressed, each by itself. */
export interface BlockPacking {
  readonly sizes: CutSizes
  /** All that the packed bytes depend on beside the block: codec, parameters, level, and the library's version. */
  readonly name: string
  pack(block: Uint8Array): Promise<Uint8Array>
}

export interface PackedBlock {
  /** To be used before the next is asked for: its buffer is then taken again. */
  readonly block: Uint8Array
  readonly packed: Uint8Array
}

/** Node's pool has four threads unless told otherwise. */
const IN_FLIGHT = Math.min(4, availableParallelism()) + 1

/**
 * The blocks of a tar stream, in order, each packed; several are worked on side by side. What `kept` has is not packed
 * again; `startBytes` is where the first stands in the output.
 */
export async function* packBlocks(chunks: AsyncIterable<Uint8Array>, packing: BlockPacking, { kept, startBytes }: { readonly kept: KeptBlocks | undefined; readonly startBytes: number }): AsyncGenerator<PackedBlock> {
  const pending: Promise<NamedBlock>[] = []
  const buffers = createBlockBuffers(packing.sizes.maxBytes)
  let offset = startBytes
  async function* takeFirst(): AsyncGenerator<PackedBlock> {
    const done = await pending.shift()
    if (done === undefined) return
    if (done.name !== undefined) kept?.note({ name: done.name, offset, packed: done.packed })
    offset += done.packed.byteLength
    yield done
    buffers.giveBack(done.block)
  }
  try {
    for await (const block of cutAtEntries(chunks, packing.sizes, buffers)) {
      const next = packOne(block, packing, kept)
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
}

async function packOne(block: Uint8Array, packing: BlockPacking, kept: KeptBlocks | undefined): Promise<NamedBlock> {
  if (kept === undefined) return { block, name: undefined, packed: await packing.pack(block) }
  const name = `${packing.name} ${Buffer.from(await subtle.digest('SHA-256', block as Uint8Array<ArrayBuffer>)).toString('hex')}` // on another thread
  return { block, name, packed: (await kept.find(name)) ?? (await packing.pack(block)) }
}
