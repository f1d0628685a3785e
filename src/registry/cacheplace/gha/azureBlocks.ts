import type { Limit } from '../../../kit/limit.ts'
import { countedBody } from '../../internal/blobs/uploadBody.ts'
import type { CacheBlob } from '../cachePlace.ts'
import type { PlaceRequester } from '../internal/placeRequester.ts'
import { pieceBytesFor, sendPieces } from '../internal/sendPieces.ts'

export const BLOCK_BYTES = 8 * 1024 * 1024
/** Azure's limit. */
const MOST_BLOCKS = 50_000

/** Azure's "Put Blob", and for larger ones "Put Block" and "Put Block List", with an address that allows it. */
export async function uploadBlockBlob(requester: PlaceRequester, upload: { readonly url: URL; readonly blob: CacheBlob; readonly limit: Limit }, signal: AbortSignal): Promise<void> {
  const { url, blob, limit } = upload
  if (blob.sizeBytes <= BLOCK_BYTES) {
    await putWhole(requester, { url, blob }, signal)
    return
  }
  const pieceBytes = pieceBytesFor(blob.sizeBytes, { usualBytes: BLOCK_BYTES, mostPieces: MOST_BLOCKS })
  const ids = await sendPieces(blob, {
    pieceBytes,
    limit,
    send: async (piece, index, joined) => {
      const id = blockId(index)
      await put(requester, { url: withQuery(url, `comp=block&blockid=${encodeURIComponent(id)}`), headers: lengthOf(piece.byteLength), openBody: () => piece }, joined)
      return id
    },
  }, signal)
  const list = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`)
  await put(requester, { url: withQuery(url, 'comp=blocklist'), headers: new Map([...lengthOf(list.byteLength), ['content-type', 'application/xml']]), openBody: () => list }, signal)
}

async function putWhole(requester: PlaceRequester, { url, blob }: { readonly url: URL; readonly blob: CacheBlob }, signal: AbortSignal): Promise<void> {
  const body = countedBody(blob)
  const headers = new Map([...lengthOf(blob.sizeBytes), ['x-ms-blob-type', 'BlockBlob'], ['content-type', 'application/octet-stream']])
  await put(requester, { url, headers, openBody: body.open }, signal).catch((error: unknown) => {
    throw body.failure() ?? error // what failed on our side is not the place's fault
  })
}

interface Put {
  readonly url: URL
  readonly headers: ReadonlyMap<string, string>
  readonly openBody: () => Uint8Array | AsyncIterable<Uint8Array>
}

async function put(requester: PlaceRequester, { url, headers, openBody }: Put, signal: AbortSignal): Promise<void> {
  const response = await requester.send({ method: 'PUT', url, headers: () => Promise.resolve(headers), openBody, answers: [] }, signal)
  await response.discard()
}

function lengthOf(sizeBytes: number): ReadonlyMap<string, string> {
  return new Map([['content-length', String(sizeBytes)]])
}

/** All of one length, as Azure wants them. */
function blockId(index: number): string {
  return Buffer.from(`block-${String(index).padStart(6, '0')}`).toString('base64')
}

/** The signature in a query is left as it is written. */
function withQuery(url: URL, query: string): URL {
  return new URL(`${url.href}${url.search === '' ? '?' : '&'}${query}`)
}
