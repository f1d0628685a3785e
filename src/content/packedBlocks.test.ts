import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { digestHex, digestOf, type Digest } from '../ground/digest.ts'
import { openDatabase } from '../kit/database.ts'
import { BlobNotFoundError, putBytes, type RangeReader } from './contentStore.ts'
import { openFileStore } from './fileStore.ts'
import { createMemoryStore } from './memoryStore.ts'
import { createPackedBlocks, type PackedBlocks } from './packedBlocks.ts'

const signal = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'pelago-blocks-'))
let count = 0
after(() => rmSync(folder, { recursive: true }))

function openIndex(content: RangeReader, maxBlocks?: number): PackedBlocks {
  return createPackedBlocks(openDatabase(join(folder, `${++count}.db`)), content, maxBlocks)
}

/** A blob of three blocks, `a`, `b` and `c`, kept by `index`. */
async function keepThree(index: PackedBlocks, blob: Digest): Promise<void> {
  const blocks = index.open(signal)
  for (const [at, name] of ['a', 'b', 'c'].entries()) blocks.note({ name, offset: at * 5, packed: Buffer.from(`${name}${name}${name}${name}${name}`), checksum: at })
  await blocks.keep(blob)
}

const THREE = Buffer.from('aaaaabbbbbccccc')

async function findAll(index: PackedBlocks, ...names: readonly string[]): Promise<readonly (string | undefined)[]> {
  const blocks = index.open(signal)
  return await Promise.all(names.map(async (name) => (await blocks.find(name))?.packed.toString()))
}

describe('packed blocks', () => {
  it('are found in the blob that they stand in', async () => {
    const content = createMemoryStore(() => 0)
    const index = openIndex(content)
    await keepThree(index, await putBytes(THREE, content, signal))
    assert.deepEqual(await findAll(index, 'b', 'c', 'a', 'd'), ['bbbbb', 'ccccc', 'aaaaa', undefined])
  })

  it('come with the checksum that was noted with them, and not with another', async () => {
    const content = createMemoryStore(() => 0)
    const database = openDatabase(join(folder, `${++count}.db`))
    const index = createPackedBlocks(database, content)
    await keepThree(index, await putBytes(THREE, content, signal))
    assert.equal((await index.open(signal).find('c'))?.checksum, 2)
    database.run('UPDATE packed_block SET checksum = 7')
    assert.equal(await index.open(signal).find('c'), undefined)
  })

  it('have the same names in every process that uses the store, and others in other stores', () => {
    const content = createMemoryStore(() => 0)
    const path = join(folder, `${++count}.db`)
    const names = [openDatabase(path), openDatabase(path), openDatabase(join(folder, `${++count}.db`))].map((database) => createPackedBlocks(database, content).open(signal).nameOf(THREE))
    assert.deepEqual([names[0] === names[1], names[0] === names[2]], [true, false])
  })

  it('are not known before their blob is', async () => {
    const index = openIndex(createMemoryStore(() => 0))
    index.open(signal).note({ name: 'a', offset: 0, packed: THREE, checksum: 0 }) // and the process is killed
    assert.deepEqual(await findAll(index, 'a'), [undefined])
  })

  it('are gone with their blob', async () => {
    const content = createMemoryStore(() => 0)
    const index = openIndex(content)
    const blob = await putBytes(THREE, content, signal)
    await keepThree(index, blob)
    await content.remove(blob, Infinity, signal)
    assert.deepEqual(await findAll(index, 'a'), [undefined])
    await putBytes(THREE, content, signal)
    assert.deepEqual(await findAll(index, 'b'), [undefined])
  })

  for (const { name, bytes, want } of [
    { name: 'damaged', bytes: 'aaaaabXbbbccccc', want: ['aaaaa', undefined, 'ccccc'] },
    { name: 'cut off', bytes: 'aaaaabbbb', want: ['aaaaa', undefined, undefined] },
  ]) {
    it(`are not taken from a blob that is ${name}`, async () => {
      let held = Buffer.from(bytes)
      const index = openIndex(readerOf(() => held))
      await keepThree(index, digestOf(THREE))
      assert.deepEqual(await findAll(index, 'a', 'b', 'c'), want)
      held = THREE
      assert.deepEqual(await findAll(index, 'b'), [undefined]) // it is not asked for again and again
    })
  }

  it('are not taken from a blob of a store that is cut off', async () => {
    const storeFolder = join(folder, 'store')
    const content = await openFileStore({ folder: storeFolder, now: () => 0 }, signal)
    const index = openIndex(content)
    const blob = await putBytes(THREE, content, signal)
    await keepThree(index, blob)
    const path = join(storeFolder, 'blobs/sha256', digestHex(blob))
    chmodSync(path, 0o644)
    truncateSync(path, 3)
    assert.deepEqual(await findAll(index, 'a', 'b'), [undefined, undefined])
  })

  it('are forgotten in the order of their last use, where there are too many', async () => {
    const content = createMemoryStore(() => 0)
    const index = openIndex(content, 3)
    const blob = await putBytes(THREE, content, signal)
    await keepThree(index, blob)
    const next = index.open(signal)
    for (const [at, name] of ['a', 'd'].entries()) next.note({ name, offset: at * 5, packed: THREE.subarray(at * 5, at * 5 + 5), checksum: at })
    await next.keep(blob)
    assert.deepEqual(await findAll(index, 'a', 'b', 'c', 'd'), ['aaaaa', undefined, 'ccccc', 'bbbbb'])
  })

  it('of a large blob are written with pauses, in which others go on', async () => {
    const content = createMemoryStore(() => 0)
    const index = openIndex(content)
    const blocks = index.open(signal)
    for (let at = 0; at < 2_500; at += 1) blocks.note({ name: `${at}`, offset: 0, packed: THREE, checksum: 0 })
    let pauses = 0
    const pause = (): void => {
      pauses += 1
      next = setImmediate(pause)
    }
    let next = setImmediate(pause)
    await blocks.keep(await putBytes(THREE, content, signal))
    clearImmediate(next)
    assert.ok(pauses >= 2)
    assert.deepEqual(await findAll(index, '0', '1000', '2499'), Array.from({ length: 3 }, () => THREE.toString()))
  })

  it('pass on what ends the build', async () => {
    const index = openIndex(createMemoryStore(() => 0))
    await assert.rejects(index.open(AbortSignal.abort(new Error('enough'))).find('a'), /enough/)
  })
})

function readerOf(bytes: () => Buffer): RangeReader {
  return {
    async readInto(digest, offset, target) {
      if (digest !== digestOf(THREE)) throw new BlobNotFoundError(digest)
      if (offset + target.byteLength > bytes().byteLength) return false
      target.set(bytes().subarray(offset, offset + target.byteLength))
      return true
    },
  }
}
