import { RemoteError } from '../api/errorMapping.ts'
import { BlobNotFoundError, type BlobReader } from '../content/contentStore.ts'
import type { EngineClient } from './driver.ts'

/** The blobs of the engine's store, read over its API; the engine verifies what is read from byte 0. */
export function createEngineBlobs({ content }: Pick<EngineClient, 'content'>): BlobReader {
  return {
    async sizeBytes(digest, signal) {
      try {
        const { info } = await content.info({ digest }, { signal })
        return info === undefined ? undefined : Number(info.size)
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async *read(digest, offset, signal) {
      try {
        for await (const { data } of content.read({ digest, offset: BigInt(offset) }, { signal })) yield data
      } catch (error) {
        throw isMissing(error) ? new BlobNotFoundError(digest) : error
      }
    },
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof RemoteError && error.kind === 'not-found'
}
