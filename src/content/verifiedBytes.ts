import type { Digest } from '../ground/digest.ts'
import { createHasher } from '../kit/hashing.ts'
import { BlobCorruptError } from './contentStore.ts'

/** The chunks as they come, for a whole blob. @throws BlobCorruptError after the last one where they are not `digest`'s */
export async function* verifiedBytes(digest: Digest, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hasher = createHasher()
  yield* hasher.pass(chunks)
  const actual = hasher.result().digest
  if (actual !== digest) throw new BlobCorruptError(digest, actual)
}
