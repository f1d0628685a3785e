import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { asByteString } from '../../kit/byteString.ts'
import { madeTar } from '../keptBlocks.suite.ts'
import { BLOCK_BYTES } from '../tar.ts'
import { writeTar } from '../tarWriter.ts'
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

const GIB = 1024 ** 3

const FILE = { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, deviceMajor: 0, deviceMinor: 0, xattrs: new Map<string, Uint8Array>(), linkTarget: asByteString('') } as const

/** The headers of an empty file and of one that is `sizeBytes` long, which pax says in a record of 512 bytes and the header before it. */
async function startOfHuge(sizeBytes: number): Promise<Buffer> {
  const entries = [{ path: 'empty', sizeBytes: 0 }, { path: 'huge', sizeBytes }].map(({ path, ...size }) => ({ header: { ...FILE, ...size, path: asByteString(path) }, content: noContent() }))
  const chunks: Buffer[] = []
  await assert.rejects(async () => {
    for await (const chunk of writeTar(entries)) chunks.push(Buffer.from(chunk))
  }, /bytes long/)
  return Buffer.concat(chunks)
}

async function* noContent(): AsyncGenerator<Uint8Array> {
  // of a file that nobody wants the rest of
}

/** The same as GNU says it. */
async function startOfHugeInNumbers(sizeBytes: number): Promise<Buffer> {
  const start = await startOfHuge(sizeBytes)
  const [empty, huge] = [start.subarray(0, BLOCK_BYTES), start.subarray(-BLOCK_BYTES)]
  huge.fill(0, 124, 136)[124] = 0x80
  huge.writeUIntBE(sizeBytes, 130, 6)
  return Buffer.concat([empty, huge])
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

  for (const { name, startOf } of [
    { name: 'a record', startOf: startOfHuge },
    { name: 'a number of more than digits', startOf: startOfHugeInNumbers },
  ]) {
    it(`takes what ${name} says to be too long for the header's digits for one entry`, async () => {
      const start = await startOf(9 * GIB)
      const content = (await madeTar(20, 3)).subarray(0, 90_000)
      const blocks = await cut(Buffer.concat([start, content]), 700)
      assert.deepEqual(blocks.map(({ byteLength }) => byteLength), [start.byteLength - BLOCK_BYTES, SIZES.maxBytes, BLOCK_BYTES + content.byteLength - SIZES.maxBytes])
    })
  }

  it('takes records that make no sense for an entry like any other', async () => {
    const start = await startOfHuge(9 * GIB)
    start.fill('?', 2 * BLOCK_BYTES, 3 * BLOCK_BYTES)
    const blocks = await cut(Buffer.concat([start, Buffer.alloc(90_000)]), 700)
    assert.deepEqual(blocks.map(({ byteLength }) => byteLength), [SIZES.maxBytes, start.byteLength + 90_000 - SIZES.maxBytes])
  })

  it('finds the blocks of the rest again where an entry is gone', async () => {
    const named = async (tar: Buffer): Promise<ReadonlySet<string>> => new Set((await cut(tar, 65_536)).map((block) => block.toString('latin1')))
    const [before, after] = [await named(await madeTar(600, 3)), await named(await madeTar(600, 3, { without: 200 }))]
    assert.ok(after.difference(before).size <= 3)
    assert.ok(before.size > 50)
  })
})
