import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { createBackgroundHasher, HASHED_CHUNKS } from './backgroundHasher.ts'
import { readAhead } from './readAhead.ts'

const LARGE = 256 * 1024

async function* chunksOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk
}

describe('createBackgroundHasher', () => {
  for (const { name, chunks } of [
    { name: 'nothing', chunks: [] },
    { name: 'little', chunks: [Buffer.from('ab'), Buffer.from('c')] },
    { name: 'long chunks and short ones behind each other', chunks: [1, LARGE, 2, LARGE, LARGE, LARGE, 0, 3].map((length, index) => Buffer.alloc(length, index)) },
  ]) {
    it(`passes ${name} on, and knows digest and length`, async () => {
      const hasher = createBackgroundHasher()
      const passed: Uint8Array[] = []
      for await (const chunk of hasher.pass(chunksOf(...chunks))) passed.push(chunk)
      assert.deepEqual(passed, chunks)
      assert.deepEqual(hasher.result(), { digest: digestOf(Buffer.concat(chunks)), sizeBytes: Buffer.concat(chunks).byteLength })
    })
  }

  it('reads no chunk any more when so many others were asked for, also where they are read ahead', async () => {
    const buffers = Array.from({ length: HASHED_CHUNKS + 1 }, () => Buffer.allocUnsafeSlow(LARGE))
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 100; index += 1) yield (buffers[index % buffers.length] ?? Buffer.alloc(0)).fill(index)
    }
    const hasher = createBackgroundHasher()
    for await (const chunk of hasher.pass(readAhead(source()))) assert.equal(chunk.byteLength, LARGE)
    assert.equal(hasher.result().digest, digestOf(Buffer.concat(Array.from({ length: 100 }, (_, index) => Buffer.alloc(LARGE, index)))))
  })

  it('tells of what has passed when its consumer stops, and stops its source', async () => {
    const hasher = createBackgroundHasher()
    let isStopped = false
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(LARGE)
      } finally {
        isStopped = true
      }
    }
    for await (const chunk of hasher.pass(source())) if (chunk.byteLength === LARGE) break
    assert.deepEqual([isStopped, hasher.result()], [true, { digest: digestOf(Buffer.alloc(LARGE)), sizeBytes: LARGE }])
  })
})
