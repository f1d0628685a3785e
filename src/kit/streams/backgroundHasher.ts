import { parseDigest } from '../../ground/digest.ts'
import { createBackgroundHash } from './backgroundHash.ts'
import type { Hasher } from '../hashing.ts'

/** So many chunks wait for the other thread at most. */
const IN_FLIGHT = 2

/** Chunks that a background hasher still reads when it asks for the next: the one that it has passed on last, and those before it. */
export const HASHED_CHUNKS = IN_FLIGHT + 1

/**
 * As `createHasher`, beside what is done with the chunks meanwhile: so each has to stay as it is until as many as
 * `HASHED_CHUNKS` more were asked for. `pass` ends, or stops, when nothing of them is read any more.
 */
export function createBackgroundHasher(): Hasher {
  const hash = createBackgroundHash()
  return {
    async *pass(chunks) {
      const reading: Promise<void>[] = []
      try {
        for await (const chunk of chunks) {
          if (reading.length === IN_FLIGHT) await reading.shift()
          const done = hash.update(chunk)
          done.catch(() => undefined) // it is awaited in its turn
          reading.push(done)
          yield chunk
        }
        for (const done of reading.splice(0)) await done
      } finally {
        await Promise.allSettled(reading)
      }
    },
    result: () => ({ digest: parseDigest(`sha256:${hash.hex()}`), sizeBytes: hash.sizeBytes() }),
  }
}
