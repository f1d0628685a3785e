import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { madeTar } from '../keptBlocks.suite.ts'
import { createBlockBuffers, cutAtEntries, type CutSizes } from './tarCuts.ts'

const SIZES: CutSizes = { minBytes: 16 * 1024, maxBytes: 64 * 1024 }

async function cut(bytes: Uint8Array, chunkBytes: number, sizes = SIZES): Promise<readonly Buffer[]> {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < bytes.byteLength; offset += chunkBytes) yield bytes.subarray(offset, offset + chunkBytes)
  }
  const blocks: Buffer[] = []
  const buffers = createBlockBuffers(sizes.maxBytes)
  for await (const block of cutAtEntries(chunks(), sizes, buffers)) {
    blocks.push(Buffer.from(block))
    buffers.giveBack(block)
  }
  return blocks
}

describe('cutAtEntries', () => {
  it('gives all bytes, in the same blocks however they come', async () => {
    const tar = await madeTar(40, 3)
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.constant(tar), fc.uint8Array({ maxLength: 200_000, size: 'max' })), fc.integer({ min: 200, max: 9_000 }), async (bytes, chunkBytes) => {
        const blocks = await cut(bytes, chunkBytes)
        assert.ok(Buffer.concat(blocks).equals(bytes))
        assert.ok(blocks.every(({ byteLength }) => byteLength > 0 && byteLength <= SIZES.maxBytes))
        assert.deepEqual(blocks.map(({ byteLength }) => byteLength), (await cut(bytes, 1_000_000)).map(({ byteLength }) => byteLength))
      }),
      { numRuns: 15 },
    )
  })

  it('begins a block with an entry, but for what is larger than a block', async () => {
    const blocks = await cut(await madeTar(300, 3), 9_999, { minBytes: 64 * 1024, maxBytes: 2 ** 21 })
    assert.ok(blocks.length > 5)
    assert.ok(blocks.every((block) => block.toString('latin1', 257, 262) === 'ustar'))
  })

  it('finds the blocks of the rest again where an entry is gone', async () => {
    const named = async (tar: Buffer): Promise<ReadonlySet<string>> => new Set((await cut(tar, 65_536)).map((block) => block.toString('latin1')))
    const [before, after] = [await named(await madeTar(600, 3)), await named(await madeTar(600, 3, { without: 200 }))]
    assert.ok(after.difference(before).size <= 3)
    assert.ok(before.size > 50)
  })
})
