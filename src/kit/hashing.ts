import { createHash } from 'node:crypto'
import { parseDigest, type Digest } from '../ground/digest.ts'

export interface HashedBytes {
  readonly digest: Digest
  readonly sizeBytes: number
}

/** A stream's sha256 and length, taken as it passes. */
export interface Hasher {
  /** The chunks as they are. One pass only. */
  pass(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  /** Of what has passed so far; the whole once `pass` has ended. */
  result(): HashedBytes
}

export function createHasher(): Hasher {
  const hash = createHash('sha256')
  let sizeBytes = 0
  return {
    async *pass(chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        sizeBytes += chunk.byteLength
        yield chunk
      }
    },
    result: () => ({ digest: parseDigest(`sha256:${hash.copy().digest('hex')}`), sizeBytes }),
  }
}
