import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { writeTar } from '../archive/tarWriter.ts'
import { fromText } from '../kit/byteString.ts'
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

  async function* read(buffers: MakeBuffers): AsyncGenerator<Uint8Array> {
    const layer = { folders: [fromText(folder)], lower: undefined, hasOwnRoot: false }
    yield* writeTar(readLayerEntries(layer, { clampTimeSeconds: undefined, buffers }, new AbortController().signal), { buffers })
  }

  it('is the same in buffers that are used again, each good until as many more chunks were asked for', async () => {
    const whole: Uint8Array[] = []
    for await (const chunk of read(newBuffers)) whole.push(chunk)
    const held: Uint8Array[] = []
    const copies: Buffer[] = []
    for await (const chunk of read((sizeBytes) => buffersInTurn(sizeBytes, 3))) {
      if (held.push(chunk) > 2) copies.push(Buffer.from(held.shift() ?? chunk)) // two more were asked for
    }
    assert.ok(Buffer.concat([...copies, ...held]).equals(Buffer.concat(whole)))
  })
})
