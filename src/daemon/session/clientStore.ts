import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { createClient, type Transport } from '@connectrpc/connect'
import type { ClientHttp2Session } from 'node:http2'
import { fromStatus, RemoteError } from '../../api/errorMapping.ts'
import { Content, WriteAction, WriteContentRequestSchema, WriteContentResponseSchema, type WriteContentResponse } from '../../api/gen/content_pb.ts'
import { openCall, type ClientCall } from '../../api/grpc/clientCall.ts'
import { methodPath } from '../../api/grpc/serviceRoutes.ts'
import { GRPC, GrpcStatusError, statusError } from '../../api/grpc/status.ts'
import { STORE_HEADER } from '../../api/storeHeader.ts'
import { verifiedBytes } from '../../content/verifiedBytes.ts'
import type { ClientStore } from '../../exporter/cache/clientStore.ts'
import type { Digest } from '../../ground/digest.ts'
import type { CacheBlob } from '../../registry/cacheplace/cachePlace.ts'

/** Go's servers take 4 MiB in a message. */
const MAX_CHUNK_BYTES = 1024 * 1024

/** A store that a session's client lends, by containerd's content service. */
export function createClientStore(connection: () => ClientHttp2Session, transport: Transport, id: string): ClientStore {
  const content = createClient(Content, transport)
  const headers = { [STORE_HEADER]: id }
  return {
    async sizeBytes(digest, signal) {
      try {
        const { info } = await content.info({ digest }, { signal, headers })
        return Number(info?.size ?? 0n)
      } catch (error) {
        if (error instanceof RemoteError && error.kind === 'not-found') return undefined
        throw error
      }
    },
    async *read(digest, offset, signal) {
      const chunks = dataOf(content.read({ digest, offset: BigInt(offset) }, { signal, headers }))
      yield* offset === 0 ? verifiedBytes(digest, chunks) : chunks
    },
    async writeBlob(blob, signal) {
      const call = openCall(connection(), methodPath(Content.method.write), new Map([[STORE_HEADER, [id]]]), signal)
      try {
        await sendBlob(createExchange(call), blob)
        await call.finish()
        return 'uploaded'
      } catch (error) {
        call.cancel()
        if (error instanceof GrpcStatusError && error.status.code === GRPC.alreadyExists) return 'present'
        throw signal.aborted ? signal.reason : fromStatus(error)
      }
    },
  }
}

async function* dataOf(responses: AsyncIterable<{ readonly data: Uint8Array }>): AsyncGenerator<Uint8Array> {
  for await (const { data } of responses) yield data
}

type Exchange = (request: MessageInitShape<typeof WriteContentRequestSchema>) => Promise<WriteContentResponse>

/** Each request waits for its answer, as the protocol has it: the client sets the pace. */
function createExchange(call: ClientCall): Exchange {
  const answers = call.messages[Symbol.asyncIterator]()
  return async (request) => {
    await call.send(toBinary(WriteContentRequestSchema, create(WriteContentRequestSchema, request)))
    const answer = await answers.next()
    if (answer.done === true) throw statusError(GRPC.unavailable, 'the client took no more of a blob')
    return fromBinary(WriteContentResponseSchema, answer.value)
  }
}

async function sendBlob(exchange: Exchange, { digest, sizeBytes, open, onProgress }: CacheBlob): Promise<void> {
  const facts = { total: BigInt(sizeBytes), expected: digest }
  await exchange({ action: WriteAction.STAT, ref: writeName(digest), ...facts })
  let offset = 0
  for await (const chunk of open()) {
    for (let start = 0; start < chunk.byteLength; start += MAX_CHUNK_BYTES) {
      const data = chunk.subarray(start, start + MAX_CHUNK_BYTES)
      await exchange({ action: WriteAction.WRITE, offset: BigInt(offset), data })
      offset += data.byteLength
      onProgress(offset)
    }
  }
  await exchange({ action: WriteAction.COMMIT, offset: BigInt(offset), ...facts })
}

/** Under which a client keeps what is on its way, and lets nobody else write meanwhile. */
function writeName(digest: Digest): string {
  return `pelago-${digest}`
}
