import { HttpConnectionError, DEFAULT_TLS, type HttpClient, type HttpResponse } from '../../kit/http.ts'
import { backoffMs, pause, type RetryPolicy } from '../../kit/retry.ts'
import { RemoteSourceError } from './remoteError.ts'

export interface Download {
  readonly url: string
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** What an earlier answer said of itself, so that it need not come again. */
  readonly known: Validators | undefined
}

/** As the headers `ETag` and `Last-Modified` have them; '' where the server sent none. */
export interface Validators {
  readonly etag: string
  readonly lastModified: string
}

export interface FileAnswer extends Validators {
  /** Of `Content-Disposition`; '' where there is none. */
  readonly disposition: string
  /** Undefined where the server does not say. */
  readonly sizeBytes: number | undefined
}

/** Where a download goes. */
export interface DownloadSink {
  /** What comes now is the file from its first byte on, whatever came before. */
  begin(answer: FileAnswer): void
  write(chunk: Uint8Array): void
}

export interface DownloadTools {
  readonly http: HttpClient
  readonly retries: RetryPolicy
}

/** As many as Go's client follows. */
const MAX_REDIRECTS = 10

/**
 * Gets a file; what is still as `known` says is not sent again (`unchanged`). A broken connection is gone on with where
 * it broke, if the server can tell that the file is the same; else it begins anew.
 * @throws RemoteSourceError; HttpConnectionError
 */
export async function downloadFile(download: Download, sink: DownloadSink, tools: DownloadTools, signal: AbortSignal): Promise<'unchanged' | 'downloaded'> {
  let part: Received = { answer: undefined, receivedBytes: 0 }
  for (let fruitless = 0; ; ) {
    const before = part.receivedBytes
    const outcome = await receive(download, part, { sink, tools, signal })
    if (outcome.kind !== 'failed') return outcome.kind
    part = outcome.part
    fruitless = part.receivedBytes > before ? 0 : fruitless + 1
    if (fruitless >= tools.retries.attempts) throw outcome.error
    await pause(outcome.afterMs ?? backoffMs(Math.max(1, fruitless), tools.retries), signal)
  }
}

interface Received {
  /** Of the file that has begun to come. */
  readonly answer: FileAnswer | undefined
  readonly receivedBytes: number
}

type Outcome =
  | { readonly kind: 'unchanged' | 'downloaded' }
  /** Worth another try. */
  | { readonly kind: 'failed'; readonly part: Received; readonly error: Error; readonly afterMs: number | undefined }

interface Receiving {
  readonly sink: DownloadSink
  readonly tools: DownloadTools
  readonly signal: AbortSignal
}

async function receive(download: Download, part: Received, { sink, tools, signal }: Receiving): Promise<Outcome> {
  let response: HttpResponse
  try {
    response = await send(download, part, tools.http, signal)
  } catch (error) {
    if (!(error instanceof HttpConnectionError) || !isWorthRetry(error)) throw error
    return { kind: 'failed', part, error, afterMs: undefined }
  }
  if (isUnchanged(response, download.known)) {
    await response.discard()
    return { kind: 'unchanged' }
  }
  if (isRest(response, part)) return await takeBody(download, response, part, sink)
  if (response.status < 200 || response.status >= 300 || response.status === 206) return await refuse(download.url, response, part)
  const answer = answerOf(response)
  sink.begin(answer)
  return await takeBody(download, response, { answer, receivedBytes: 0 }, sink)
}

/** Whether what comes goes on where `part` ends. */
function isRest(response: HttpResponse, part: Received): boolean {
  return response.status === 206 && part.receivedBytes > 0 && startOf(response) === part.receivedBytes
}

async function takeBody(download: Download, response: HttpResponse, { answer, receivedBytes: offset }: Received, sink: DownloadSink): Promise<Outcome> {
  let receivedBytes = offset
  const failed = (error: Error): Outcome => ({ kind: 'failed', part: { answer, receivedBytes }, error, afterMs: undefined })
  try {
    for await (const chunk of response.body) {
      sink.write(chunk)
      receivedBytes += chunk.byteLength
    }
  } catch (error) {
    if (!(error instanceof HttpConnectionError)) throw error
    return failed(error)
  }
  const expectedBytes = answer?.sizeBytes
  if (expectedBytes === undefined || expectedBytes === receivedBytes) return { kind: 'downloaded' }
  return failed(new RemoteSourceError(download.url, `${expectedBytes - receivedBytes} bytes did not come`, { kind: 'unavailable' }))
}

async function send({ url, headers, known }: Download, { answer, receivedBytes }: Received, http: HttpClient, signal: AbortSignal): Promise<HttpResponse> {
  const conditions = receivedBytes > 0 ? rangeHeaders(answer, receivedBytes) : conditionHeaders(known)
  return await http.send({ method: 'GET', url: new URL(url), headers: new Map([['accept', '*/*'], ...headers, ...conditions]), body: undefined, tls: DEFAULT_TLS, maxRedirects: MAX_REDIRECTS }, signal)
}

/** RFC 9110, "If-Range": only a strong validator tells that the rest belongs to what has come. */
function rangeHeaders(answer: FileAnswer | undefined, receivedBytes: number): readonly (readonly [string, string])[] {
  const validator = answer === undefined || answer.etag.startsWith('W/') || answer.etag === '' ? (answer?.lastModified ?? '') : answer.etag
  return validator === '' ? [] : [['range', `bytes=${receivedBytes}-`], ['if-range', validator]]
}

function conditionHeaders(known: Validators | undefined): readonly (readonly [string, string])[] {
  if (known === undefined) return []
  if (known.etag !== '') return [['if-none-match', known.etag]]
  return known.lastModified === '' ? [] : [['if-modified-since', known.lastModified]]
}

/** Some servers send tags, and the whole file whatever one says of them. */
function isUnchanged(response: HttpResponse, known: Validators | undefined): boolean {
  if (known === undefined) return false
  if (response.status === 304) return true
  const etag = response.header('etag') ?? ''
  return response.status === 200 && known.etag !== '' && strongPart(etag) === strongPart(known.etag)
}

function strongPart(etag: string): string {
  return etag.replace(/^W\//, '')
}

function answerOf(response: HttpResponse): FileAnswer {
  const length = response.header('content-length')
  return {
    etag: response.header('etag') ?? '',
    lastModified: response.header('last-modified') ?? '',
    disposition: response.header('content-disposition') ?? '',
    sizeBytes: length === undefined || !/^\d+$/.test(length) ? undefined : Number(length),
  }
}

function startOf(response: HttpResponse): number | undefined {
  const start = /^bytes (\d+)-/.exec(response.header('content-range') ?? '')?.[1]
  return start === undefined ? undefined : Number(start)
}

function isWorthRetry({ failure }: HttpConnectionError): boolean {
  return failure === 'broken' || failure === 'timeout' || failure === 'refused'
}

/** A server that is overloaded is asked again; what it refuses, it refuses. */
async function refuse(url: string, response: HttpResponse, part: Received): Promise<Outcome> {
  await response.discard()
  const { status } = response
  const error = statusError(url, status)
  if (status !== 429 && status !== 408 && (status < 500 || status === 501)) throw error
  const after = response.header('retry-after') ?? ''
  return { kind: 'failed', part, error, afterMs: /^\d{1,3}$/.test(after) ? Number(after) * 1000 : undefined }
}

function statusError(url: string, status: number): RemoteSourceError {
  const what = `the server answered with HTTP status ${status}${STATUS_TEXTS.get(status) ?? ''}`
  if (status === 404 || status === 410) return new RemoteSourceError(url, what, { kind: 'not-found', hint: 'check the URL' })
  if (status === 401 || status === 403) return new RemoteSourceError(url, what, { kind: 'denied', hint: 'give the server a header by a secret: --secret id=HTTP_AUTH_HEADER_<host>' })
  return new RemoteSourceError(url, what, { kind: 'unavailable', hint: 'try again later' })
}

const STATUS_TEXTS: ReadonlyMap<number, string> = new Map([
  [401, ' (not authorized)'],
  [403, ' (forbidden)'],
  [404, ' (not found)'],
  [410, ' (gone)'],
  [429, ' (too many requests)'],
  [503, ' (unavailable)'],
])
