import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { newBuffers } from '../kit/streams/chunkBuffers.ts'
import { collect } from './contentStore.suite.ts'
import { BlobNotFoundError, putBytes } from './contentStore.ts'
import { createMemoryStore } from './memoryStore.ts'
import { unverifiedBytes } from './unverifiedBytes.ts'

const signal = new AbortController().signal

describe('a blob that is read without being verified', () => {
  for (const length of [0, 1, 99, 100, 101, 250]) {
    it(`comes whole in pieces of 100 bytes where it has ${length}`, async () => {
      const store = createMemoryStore()
      const bytes = Buffer.from(Array.from({ length }, (_, index) => index))
      const digest = await putBytes(bytes, store, signal)
      const pieces = await collect(unverifiedBytes(digest, store, newBuffers(100), signal))
      assert.ok(Buffer.concat(pieces).equals(bytes))
      assert.ok(pieces.slice(0, -1).every(({ byteLength }) => byteLength === 100))
    })
  }

  it('is told to be missing where it is, or ends before its size', async () => {
    const store = createMemoryStore()
    const absent = digestOf('absent')
    await assert.rejects(collect(unverifiedBytes(absent, store, newBuffers(100), signal)), BlobNotFoundError)
    await assert.rejects(collect(unverifiedBytes(absent, { sizeBytes: async () => 5, readInto: async () => false }, newBuffers(100), signal)), BlobNotFoundError)
  })
})
