import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { writeTar } from '../archive/tarWriter.ts'
import { fromText } from '../kit/byteString.ts'
import { readCached, reasonAgainstDropping } from '../kit/files/pageCache.suite.ts'
import { buffersInTurn, newBuffers, type MakeBuffers } from '../kit/streams/chunkBuffers.ts'
import { readLayerEntries } from './layerDiff.ts'

const KIB = 1024

describe('the archive of a layer', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pelago-layer-'))
    for (const [index, sizeKib] of [257, 257, 266, 512, 513, 700, 1025, 1, 600].entries()) writeFileSync(join(folder, `f${index}`), randomBytes(sizeKib * KIB))
  })
  after(() => rmSync(folder, { recursive: true }))

  async function* read(place: string, buffers: MakeBuffers): AsyncGenerator<Uint8Array> {
    const layer = { folders: [fromText(place)], lower: undefined, hasOwnRoot: false }
    yield* writeTar(readLayerEntries(layer, { clampTimeSeconds: undefined, buffers }, new AbortController().signal), { buffers })
  }

  it('is the same in buffers that are used again, each good until as many more chunks were asked for', async () => {
    const whole: Uint8Array[] = []
    for await (const chunk of read(folder, newBuffers)) whole.push(chunk)
    const held: Uint8Array[] = []
    const copies: Buffer[] = []
    for await (const chunk of read(folder, (sizeBytes) => buffersInTurn(sizeBytes, 3))) {
      if (held.push(chunk) > 2) copies.push(Buffer.from(held.shift() ?? chunk)) // two more were asked for
    }
    assert.ok(Buffer.concat([...copies, ...held]).equals(Buffer.concat(whole)))
  })
  it('leaves nothing in memory of what it has of a file that is too large to stay there', async (context) => {
    const huge = mkdtempSync(join(tmpdir(), 'pelago-huge-'))
    const fd = openSync(join(huge, 'file'), 'w+')
    try {
      const reason = reasonAgainstDropping(huge, fd)
      if (reason !== false) return void context.skip(reason)
      ftruncateSync(fd, totalmem())
      await readStart(read(huge, newBuffers), 48 * KIB * KIB)
      assert.ok((readCached(fd)?.cachedBytes ?? Infinity) < 32 * KIB * KIB)
    } finally {
      closeSync(fd)
      rmSync(huge, { recursive: true })
    }
  })
})

async function readStart(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<void> {
  let readBytes = 0
  for await (const { byteLength } of chunks) {
    readBytes += byteLength
    if (readBytes >= sizeBytes) return
  }
}
