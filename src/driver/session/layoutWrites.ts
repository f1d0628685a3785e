import type { MessageInitShape } from '@bufbuild/protobuf'
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { WriteAction, type Content, type WriteContentRequest, type WriteContentResponseSchema } from '../../api/gen/content_pb.ts'
import { GRPC, statusError } from '../../api/grpc/status.ts'
import { STORE_HEADER } from '../../api/storeHeader.ts'
import type { ContentStore, Ingest } from '../../content/contentStore.ts'
import { parseDigest, type Digest } from '../../ground/digest.ts'

/** Gives the folder as a content store, and makes it one where it is none yet. */
export type OpenLayout = (folder: string, signal: AbortSignal) => Promise<ContentStore>

/**
 * Takes blobs into OCI layouts, as containerd's content service does: `stores` are their folders, by the full name of
 * the store. A blob is seen there whole and verified or not at all; nothing of one is kept whose writer goes away.
 */
export function createLayoutWrites(stores: ReadonlyMap<string, string>, openLayout: OpenLayout): Pick<ServiceImpl<typeof Content>, 'write' | 'abort'> {
  const opened = new Map<string, Promise<ContentStore>>()
  const storeOf = async ({ requestHeader, signal }: HandlerContext): Promise<ContentStore> => {
    const id = requestHeader.get(STORE_HEADER) ?? ''
    const folder = stores.get(id)
    if (folder === undefined) throw statusError(GRPC.permissionDenied, `store ${JSON.stringify(id)} is not to be written to`)
    const store = opened.get(folder) ?? openLayout(folder, signal)
    opened.set(folder, store)
    store.catch(() => opened.delete(folder)) // the next call may fare better
    return await store
  }
  return {
    async *write(requests, context) {
      const store = await storeOf(context)
      await using held = new AsyncDisposableStack()
      const write = createWrite(store, async () => held.use(await store.openIngest({ resumeKey: undefined }, context.signal)))
      for await (const request of requests) {
        yield await write.take(request, context.signal)
        if (request.action === WriteAction.COMMIT) return
      }
    },
    abort: () => ({}), // what is not committed has gone with its call
  }
}

type Answer = MessageInitShape<typeof WriteContentResponseSchema>

interface Write {
  /** What the writer is told of one request. */
  take(request: WriteContentRequest, signal: AbortSignal): Promise<Answer>
}

/** Most blobs of a cache that grows are there: an ingest is opened once bytes come. */
function createWrite(store: ContentStore, openIngest: () => Promise<Ingest>): Write {
  let ingest: Ingest | undefined
  let expected: Digest | undefined
  let [total, written] = [0n, 0n]
  async function expect(request: WriteContentRequest, signal: AbortSignal): Promise<void> {
    if (request.total > 0n) total = request.total
    if (request.expected === '') return
    expected = parseDigest(request.expected)
    if (await isThere(store, { digest: expected, total }, signal)) throw statusError(GRPC.alreadyExists, `blob with expected digest ${expected} exists`)
  }
  async function append({ offset, data }: WriteContentRequest): Promise<void> {
    if (offset !== written) throw statusError(GRPC.outOfRange, `write @${offset} must occur at current offset ${written}`)
    written += BigInt(data.byteLength)
    if (total > 0n && written > total) throw statusError(GRPC.outOfRange, `${written} bytes of a blob of ${total}`)
    ingest ??= await openIngest()
    await ingest.write(data)
  }
  async function commit(): Promise<string> {
    if (total > 0n && written !== total) throw statusError(GRPC.failedPrecondition, `blob ends after ${written} of ${total} bytes`)
    ingest ??= await openIngest()
    return (await ingest.commit(expected)).digest
  }
  return {
    async take(request, signal) {
      await expect(request, signal)
      if (request.action !== WriteAction.STAT) await append(request)
      const digest = request.action === WriteAction.COMMIT ? await commit() : ''
      return { action: request.action, offset: written, total, digest }
    },
  }
}

/** One of another length is damaged, and is written anew. */
async function isThere(store: ContentStore, { digest, total }: { readonly digest: Digest; readonly total: bigint }, signal: AbortSignal): Promise<boolean> {
  const sizeBytes = await store.sizeBytes(digest, signal)
  return sizeBytes !== undefined && (total === 0n || BigInt(sizeBytes) === total)
}
