import { digestOf } from '../../../ground/digest.ts'
import type { Limit } from '../../../kit/limit.ts'
import { countedBody } from '../../internal/blobs/uploadBody.ts'
import type { CacheBlob } from '../cachePlace.ts'
import { CachePlaceAnswerError } from '../cachePlaceError.ts'
import { pieceBytesFor, sendPieces } from '../internal/sendPieces.ts'
import { elementOf, type S3Client } from './s3Client.ts'

export const PART_BYTES = 8 * 1024 * 1024
/** S3's limit. */
const MOST_PARTS = 10_000
/** A cancelled upload is not waited for longer. */
const ABORT_TIMEOUT_MS = 5_000

export interface S3Upload {
  readonly key: string
  readonly blob: CacheBlob
  /** Parts under way. */
  readonly limit: Limit
  readonly place: string
}

/** As one object, or in parts where it is larger than one of them. What was begun and fails is taken away again. */
export async function uploadObject(client: S3Client, upload: S3Upload, signal: AbortSignal): Promise<void> {
  const { key, blob, place } = upload
  if (blob.sizeBytes <= PART_BYTES) {
    await putWhole(client, upload, signal)
    return
  }
  const uploadId = elementOf(await client.call({ method: 'POST', key, query: { uploads: '' } }, signal), 'UploadId')
  if (uploadId === undefined) throw new CachePlaceAnswerError(place, 'it begins an upload without a name')
  try {
    const tags = await sendParts(client, { ...upload, uploadId }, signal)
    await client.call({ method: 'POST', key, query: { uploadId }, body: bodyOf(completion(tags)) }, signal)
  } catch (error) {
    const abort = client.send({ method: 'DELETE', key, query: { uploadId }, answers: [404] }, AbortSignal.timeout(ABORT_TIMEOUT_MS))
    await abort.then((response) => response.discard()).catch(() => undefined) // what failed first says more
    throw error
  }
}

async function putWhole(client: S3Client, { key, blob }: S3Upload, signal: AbortSignal): Promise<void> {
  const counted = countedBody(blob)
  try {
    const response = await client.send({ method: 'PUT', key, headers: BINARY, body: { digest: blob.digest, sizeBytes: blob.sizeBytes, open: counted.open } }, signal)
    await response.discard()
  } catch (error) {
    throw counted.failure() ?? error // what failed on our side is not the place's fault
  }
}

const BINARY: ReadonlyMap<string, string> = new Map([['content-type', 'application/octet-stream']])

async function sendParts(client: S3Client, { key, blob, limit, place, uploadId }: S3Upload & { readonly uploadId: string }, signal: AbortSignal): Promise<readonly string[]> {
  return await sendPieces(blob, {
    pieceBytes: pieceBytesFor(blob.sizeBytes, { usualBytes: PART_BYTES, mostPieces: MOST_PARTS }),
    limit,
    send: async (piece, index, joined) => {
      const response = await client.send({ method: 'PUT', key, query: { partNumber: String(index + 1), uploadId }, body: bodyOf(piece) }, joined)
      await response.discard()
      const tag = response.header('etag')
      if (tag === undefined) throw new CachePlaceAnswerError(place, 'it takes a part and does not tell its tag')
      return tag
    },
  }, signal)
}

function bodyOf(bytes: Uint8Array): { readonly digest: ReturnType<typeof digestOf>; readonly sizeBytes: number; readonly open: () => Uint8Array } {
  return { digest: digestOf(bytes), sizeBytes: bytes.byteLength, open: () => bytes }
}

function completion(tags: readonly string[]): Uint8Array {
  const parts = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</ETag></Part>`)
  return Buffer.from(`<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`)
}
