import type { ServiceImpl } from '@connectrpc/connect'
import type { Content } from '../api/gen/content_pb.ts'
import { GRPC, statusError } from '../api/grpc/status.ts'
import { BlobNotFoundError, type BlobReader } from '../content/contentStore.ts'
import { parseDigest } from '../ground/digest.ts'

/** containerd's content service, to be read only, over the engine's blobs; BuildKit's daemon serves its own so, too. */
export function createContentService(blobs: BlobReader): Pick<ServiceImpl<typeof Content>, 'info' | 'read'> {
  return {
    async info({ digest }, { signal }) {
      const sizeBytes = await blobs.sizeBytes(parseDigest(digest), signal)
      if (sizeBytes === undefined) throw notFound(digest)
      return { info: { digest, size: BigInt(sizeBytes) } }
    },
    async *read({ digest, offset, size }, { signal }) {
      let position = Number(offset)
      const end = size === 0n ? Infinity : position + Number(size)
      try {
        for await (const chunk of blobs.read(parseDigest(digest), position, signal)) {
          const data = Uint8Array.from(chunk.subarray(0, end - position))
          yield { offset: BigInt(position), data }
          position += data.byteLength
          if (position >= end) return
        }
      } catch (error) {
        throw error instanceof BlobNotFoundError ? notFound(digest) : error
      }
    },
  }
}

/** As containerd says it, so that its clients know it. */
function notFound(digest: string): Error {
  return statusError(GRPC.notFound, `content ${digest}: not found`)
}
