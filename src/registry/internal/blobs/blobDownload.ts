import type { Descriptor } from '../../../ground/oci/descriptor.ts'
import { HttpConnectionError, type HttpResponse } from '../../../kit/http.ts'
import { backoffMs, pause, type RetryPolicy } from '../../../kit/retry.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Repository } from '../../registry.ts'
import { BlobMissingError, RegistryUnavailableError, UnsupportedImageError } from '../../registryError.ts'
import { toUnavailable, type Requester } from '../requester.ts'
import { refusalOf } from '../response.ts'
import { pullScope } from '../scope.ts'

export interface BlobDownload {
  readonly repository: Repository
  readonly descriptor: Descriptor
  readonly offset: number
  readonly retries: RetryPolicy
}

/** One connection's part of a blob. */
interface Part {
  readonly response: HttpResponse
  readonly endpoint: Endpoint
  /** Bytes at its beginning that are known already: some servers know no ranges. */
  readonly skipBytes: number
}

/** Goes on where the connection broke; gives up when `retries.attempts` connections in a row brought nothing. */
export async function* readBlob(requester: Requester, download: BlobDownload, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { digest, sizeBytes } = download.descriptor
  const subject = `${download.repository.host}/${download.repository.repository}@${digest}`
  let position = download.offset
  for (let fruitless = 0; position < sizeBytes; ) {
    const part = await openPart(requester, download, { position, subject, signal })
    const { receivedBytes, failure } = yield* deliver(part, { subject, expectedBytes: sizeBytes - position })
    position += receivedBytes
    if (failure === undefined) continue
    fruitless = receivedBytes > 0 ? 0 : fruitless + 1
    if (fruitless >= download.retries.attempts) throw failure
    await pause(backoffMs(Math.max(1, fruitless), download.retries), signal)
  }
}

interface Delivery {
  readonly receivedBytes: number
  /** Worth another connection. */
  readonly failure: RegistryUnavailableError | undefined
}

async function* deliver(part: Part, { subject, expectedBytes }: { subject: string; expectedBytes: number }): AsyncGenerator<Uint8Array, Delivery> {
  let receivedBytes = 0
  try {
    for await (const chunk of partChunks(part)) {
      receivedBytes += chunk.byteLength
      if (receivedBytes > expectedBytes) throw new UnsupportedImageError(subject, 'the registry sent more bytes than its manifest says')
      yield chunk
    }
  } catch (error) {
    if (!(error instanceof HttpConnectionError)) throw error
    return { receivedBytes, failure: toUnavailable(error, subject, part.endpoint.host) }
  }
  if (receivedBytes === expectedBytes) return { receivedBytes, failure: undefined }
  return { receivedBytes, failure: new RegistryUnavailableError(subject, `${expectedBytes - receivedBytes} bytes did not come`, { isTransient: true }) }
}

/** What is answered to a range by those that know none; 206 is one that was not asked for. */
const RANGE_REFUSALS: ReadonlySet<number> = new Set([206, 400, 416, 501])

async function openPart(requester: Requester, { repository, descriptor }: BlobDownload, from: { position: number; subject: string; signal: AbortSignal }): Promise<Part> {
  const { position, subject, signal } = from
  const request = { method: 'GET', target: `${repository.repository}/blobs/${descriptor.digest}`, openBody: undefined, subject, scopes: [pullScope(repository)] } as const
  const attempt = async (endpoint: Endpoint): Promise<Part> => {
    const asksRange = position > 0 && !requester.lessons.has(endpoint.host, 'refuses-ranges')
    const response = await requester.send(endpoint, { ...request, headers: asksRange ? new Map([['range', `bytes=${position}-`]]) : new Map() }, signal)
    if (response.status === 200) return { response, endpoint, skipBytes: position }
    const start = /^bytes (\d+)-/.exec(response.header('content-range') ?? '')?.[1]
    if (response.status === 206 && Number(start) === position) return { response, endpoint, skipBytes: 0 }
    if (asksRange && RANGE_REFUSALS.has(response.status)) {
      await response.discard()
      requester.lessons.learn(endpoint.host, 'refuses-ranges')
      return await attempt(endpoint)
    }
    if (response.status !== 404) throw await refusalOf(response, endpoint.host, subject)
    await response.discard()
    throw new BlobMissingError(subject)
  }
  return await requester.askMirrors(repository.host, attempt, signal)
}

async function* partChunks({ response, skipBytes }: Part): AsyncGenerator<Uint8Array> {
  let left = skipBytes
  for await (const chunk of response.body) {
    if (chunk.byteLength > left) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.byteLength)
  }
}
