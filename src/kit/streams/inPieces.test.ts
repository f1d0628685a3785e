import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { buffersInTurn } from './chunkBuffers.ts'
import { inPieces } from './inPieces.ts'

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

describe('inPieces', () => {
  it('gives the same bytes in pieces of one length, but for the last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 })), fc.integer({ min: 1, max: 12 }), async (chunks, sizeBytes) => {
        const pieces: Buffer[] = []
        for await (const piece of inPieces(chunksOf(chunks), buffersInTurn(sizeBytes, 1))) pieces.push(Buffer.from(piece))
        assert.ok(Buffer.concat(pieces).equals(Buffer.concat(chunks)))
        assert.ok(pieces.slice(0, -1).every(({ byteLength }) => byteLength === sizeBytes))
        assert.ok(pieces.every(({ byteLength }) => byteLength > 0))
      }),
      { numRuns: 50 },
    )
  })
})
