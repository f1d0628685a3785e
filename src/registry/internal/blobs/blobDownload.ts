import { HttpConnectionError, type HttpResponse } from '../../../kit/http.ts'
import type { RetryPolicy } from '../../../kit/retry.ts'
import type { Endpoint } from '../endpoint.ts'
import type { NamedBlob, Repository } from '../../registry.ts'
import { BlobMissingError, RegistryUnavailableError, UnsupportedImageError } from '../../registryError.ts'
import { toUnavailable, type Requester } from '../requester.ts'
import { refusalOf } from '../response.ts'
import { resumedBytes, withoutFirst } from '../resumedBytes.ts'
import { pullScope } from '../scope.ts'

export interface BlobDownload {
  readonly repository: Repository
  readonly blob: NamedBlob
  readonly offset: number
  readonly retries: RetryPolicy
}

/** One connection's part of a blob. */
interface Part {
  readonly response: HttpResponse
  /** Bytes at its beginning that are known already: some servers know no ranges. */
  readonly skipBytes: number
}

/** Goes on where the connection broke; gives up when `retries.attempts` connections in a row brought nothing. */
export async function* readBlob(requester: Requester, download: BlobDownload, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { digest, sizeBytes } = download.blob
  const { host, repository } = download.repository
  const subject = `${host}/${repository}@${digest}`
  if (sizeBytes !== undefined && download.offset >= sizeBytes) return
  let askedHost = host
  yield* resumedBytes({
    offset: download.offset,
    retries: download.retries,
    async openPart(position) {
      const open = async (endpoint: Endpoint): Promise<Part> => {
        askedHost = endpoint.host
        return await openPart(requester, endpoint, { download, position, subject, signal })
      }
      const { response, skipBytes } = await requester.askMirrors(host, open, signal)
      return { chunks: withoutFirst(skipBytes, response.body), expectedBytes: sizeBytes === undefined ? toldBytes(response, skipBytes) : sizeBytes - position }
    },
    toFailure(broken) {
      if ('missingBytes' in broken) return new RegistryUnavailableError(subject, `${broken.missingBytes} bytes did not come`, { isTransient: true })
      return broken.error instanceof HttpConnectionError ? toUnavailable(broken.error, subject, askedHost) : undefined
    },
    toExcess: () => new UnsupportedImageError(subject, 'the registry sent more bytes than its manifest says'),
  }, signal)
}

/** Of what is still to come; undefined where the registry does not say. */
function toldBytes(response: HttpResponse, skipBytes: number): number | undefined {
  const told = response.header('content-length') ?? ''
  return /^\d+$/.test(told) ? Number(told) - skipBytes : undefined
}

/** What is answered to a range by those that know none; 206 is one that was not asked for. */
const RANGE_REFUSALS: ReadonlySet<number> = new Set([206, 400, 416, 501])

interface PartQuestion {
  readonly download: BlobDownload
  readonly position: number
  readonly subject: string
  readonly signal: AbortSignal
}

async function openPart(requester: Requester, endpoint: Endpoint, question: PartQuestion): Promise<Part> {
  const { download: { repository, blob }, position, subject, signal } = question
  const asksRange = position > 0 && !requester.lessons.has(endpoint.host, 'refuses-ranges')
  const headers: ReadonlyMap<string, string> = asksRange ? new Map([['range', `bytes=${position}-`]]) : new Map()
  const request = { method: 'GET', target: `${repository.repository}/blobs/${blob.digest}`, headers, openBody: undefined, subject, scopes: [pullScope(repository)] } as const
  const response = await requester.send(endpoint, request, signal)
  if (response.status === 200) return { response, skipBytes: position }
  const start = /^bytes (\d+)-/.exec(response.header('content-range') ?? '')?.[1]
  if (response.status === 206 && Number(start) === position) return { response, skipBytes: 0 }
  if (asksRange && RANGE_REFUSALS.has(response.status)) {
    await response.discard()
    requester.lessons.learn(endpoint.host, 'refuses-ranges')
    return await openPart(requester, endpoint, question)
  }
  if (response.status !== 404) throw await refusalOf(response, endpoint.host, subject)
  await response.discard()
  throw new BlobMissingError(subject)
}
