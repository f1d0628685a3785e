import type { Digest } from '../ground/digest.ts'
import type { ChunkBuffers } from '../kit/streams/chunkBuffers.ts'
import { BlobNotFoundError, type ContentStore } from './contentStore.ts'

/**
 * A whole blob in pieces that fill one of `buffers` each, but for the last. Nobody looks whether the bytes are still
 * those of the digest: for who has a digest of what comes of them, and `verifyBlob` where it is another.
 * @throws BlobNotFoundError where it ends too soon, too
 */
export async function* unverifiedBytes(digest: Digest, store: Pick<ContentStore, 'sizeBytes' | 'readInto'>, buffers: ChunkBuffers, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const sizeBytes = await store.sizeBytes(digest, signal)
  if (sizeBytes === undefined) throw new BlobNotFoundError(digest)
  for (let offset = 0; offset < sizeBytes; offset += buffers.sizeBytes) {
    const piece = buffers.next().subarray(0, Math.min(buffers.sizeBytes, sizeBytes - offset))
    if (!(await store.readInto(digest, offset, piece, signal))) throw new BlobNotFoundError(digest)
    yield piece
  }
}

/** Reads a blob for nothing but its digest. @throws BlobNotFoundError; BlobCorruptError, the blob being gone then */
export async function verifyBlob(digest: Digest, store: Pick<ContentStore, 'read'>, signal: AbortSignal): Promise<void> {
  for await (const chunk of store.read(digest, 0, signal)) void chunk
}
