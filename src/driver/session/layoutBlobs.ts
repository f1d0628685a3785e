import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import type { Content } from '../../api/gen/content_pb.ts'
import { GRPC, statusError } from '../../api/grpc/status.ts'
import { STORE_HEADER } from '../../api/storeHeader.ts'
import { digestHex, parseDigest } from '../../ground/digest.ts'

const CHUNK_BYTES = 1024 * 1024

/** Serves the blobs of OCI layouts: `stores` are their folders, by the full name of the store. */
export function createLayoutBlobs(stores: ReadonlyMap<string, string>): Pick<ServiceImpl<typeof Content>, 'info' | 'read'> {
  const find = async (digest: string, { requestHeader }: HandlerContext): Promise<{ readonly path: string; readonly sizeBytes: number }> => {
    const folder = stores.get(requestHeader.get(STORE_HEADER) ?? '')
    const path = folder === undefined ? undefined : join(folder, 'blobs/sha256', digestHex(parseDigest(digest)))
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined)
    if (path === undefined || found?.isFile() !== true) throw statusError(GRPC.notFound, `content ${digest}: not found`)
    return { path, sizeBytes: found.size }
  }
  return {
    async info({ digest }, context) {
      const { sizeBytes } = await find(digest, context)
      return { info: { digest, size: BigInt(sizeBytes) } }
    },
    async *read({ digest, offset, size }, context) {
      const { path } = await find(digest, context)
      const start = Number(offset)
      const end = size === 0n ? {} : { end: start + Number(size) - 1 }
      let position = offset
      for await (const chunk of createReadStream(path, { start, ...end, highWaterMark: CHUNK_BYTES, signal: context.signal })) {
        const data = chunk as Uint8Array<ArrayBuffer>
        yield { offset: position, data }
        position += BigInt(data.byteLength)
      }
    },
  }
}
