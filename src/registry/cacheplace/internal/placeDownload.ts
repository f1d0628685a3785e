import { verifiedBytes } from '../../../content/verifiedBytes.ts'
import type { Digest } from '../../../ground/digest.ts'
import { HttpConnectionError, type HttpResponse } from '../../../kit/http.ts'
import type { RetryPolicy } from '../../../kit/retry.ts'
import { readUpTo } from '../../internal/response.ts'
import { resumedBytes, withoutFirst, type DownloadPart } from '../../internal/resumedBytes.ts'
import { MAX_CONFIG_BYTES } from '../cachePlace.ts'
import { CacheBlobMissingError, CachePlaceAnswerError, CachePlaceUnavailableError } from '../cachePlaceError.ts'
import { toPlaceUnavailable } from './placeRequester.ts'

/** What GETs of a blob are answered by, beside 2xx. */
export const DOWNLOAD_ANSWERS: readonly number[] = [404, 416]

export interface PlaceDownload {
  readonly place: string
  readonly digest: Digest
  readonly offset: number
  readonly retries: RetryPolicy
  /** Answered by 2xx or one of DOWNLOAD_ANSWERS; undefined where the blob is not known. `range` is the header's value. */
  readonly openRange: (range: string | undefined) => Promise<HttpResponse | undefined>
}

/** Verified where it is read from its beginning. @throws CacheBlobMissingError; BlobCorruptError after the last chunk */
export function readPlaceBlob(download: PlaceDownload, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const chunks = resumedBytes({
    offset: download.offset,
    retries: download.retries,
    openPart: (position) => openPart(download, position),
    toFailure(broken) {
      if ('missingBytes' in broken) return new CachePlaceUnavailableError(download.place, `${broken.missingBytes} bytes of ${download.digest} did not come`, { isTransient: true })
      return broken.error instanceof HttpConnectionError ? toPlaceUnavailable(broken.error, download.place) : undefined
    },
    toExcess: () => new CachePlaceAnswerError(download.place, `more bytes of ${download.digest} came than were told`),
  }, signal)
  return download.offset === 0 ? verifiedBytes(download.digest, chunks) : chunks
}

async function openPart({ place, digest, openRange }: PlaceDownload, position: number): Promise<DownloadPart> {
  const response = await openRange(position === 0 ? undefined : `bytes=${position}-`)
  if (response === undefined || response.status === 404) {
    await response?.discard()
    throw new CacheBlobMissingError(place, digest)
  }
  if (response.status === 416) {
    await response.discard()
    return { chunks: nothing(), expectedBytes: 0 }
  }
  const lengthBytes = readLength(response)
  if (response.status !== 206) return { chunks: withoutFirst(position, response.body), expectedBytes: lengthBytes === undefined ? undefined : lengthBytes - position }
  if (readRange(response)?.start === position) return { chunks: response.body, expectedBytes: lengthBytes }
  await response.discard()
  throw new CachePlaceAnswerError(place, `another range of ${digest} came than was asked for`)
}

/** Of the whole blob, by the answer to a GET of its first byte. Discards the body. Undefined where there is no blob. */
export async function readTotalBytes(response: HttpResponse, place: string): Promise<number | undefined> {
  const { status } = response
  const sizeBytes = status === 206 ? readRange(response)?.totalBytes : status === 416 ? 0 : readLength(response)
  await response.discard()
  if (status === 404) return undefined
  if (sizeBytes === undefined) throw new CachePlaceAnswerError(place, 'it does not tell the size of a blob')
  return sizeBytes
}

/** A whole config. @throws CachePlaceAnswerError where it is no small one */
export async function readConfigBody(response: HttpResponse, place: string): Promise<Uint8Array> {
  const bytes = await readUpTo(response, MAX_CONFIG_BYTES)
  if (bytes === undefined) throw new CachePlaceAnswerError(place, `its cache config has more than ${MAX_CONFIG_BYTES} bytes`)
  return bytes
}

function readLength(response: HttpResponse): number | undefined {
  const text = response.header('content-length') ?? ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}

function readRange(response: HttpResponse): { readonly start: number; readonly totalBytes: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.header('content-range') ?? '')
  return match === null ? undefined : { start: Number(match[1]), totalBytes: Number(match[2]) }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // has no chunk
}
