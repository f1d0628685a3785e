import { HttpConnectionError, DEFAULT_TLS, type HttpClient, type HttpRequest, type HttpResponse } from '../../../kit/http.ts'
import { retry, type RetryPolicy, type RetryVerdict } from '../../../kit/retry.ts'
import { readWaitMs } from '../../internal/rateLimit.ts'
import { createRegistryWaits } from '../../internal/registryWaits.ts'
import { readUpTo } from '../../internal/response.ts'
import { CacheAccessDeniedError, CachePlaceMissingError, CachePlaceRefusedError, CachePlaceUnavailableError, CacheQuotaError, CacheRequestsLimitedError, type CachePlaceError } from '../cachePlaceError.ts'

/** Sends to a place, with retries and the pauses it asks for, and turns what went wrong into CachePlaceErrors. */
export interface PlaceRequester {
  readonly place: string
  /** Answers of 2xx, and those of `answers`. Whoever calls reads the body to its end or discards it. */
  send(request: PlaceRequest, signal: AbortSignal): Promise<HttpResponse>
}

export interface PlaceRequest {
  readonly method: HttpRequest['method']
  readonly url: URL
  /** Made anew for each try: a signature has a time. */
  readonly headers: () => Promise<ReadonlyMap<string, string>>
  readonly openBody: (() => NonNullable<HttpRequest['body']>) | undefined
  /** Further statuses that are answers, not failures. */
  readonly answers: readonly number[]
}

export interface PlaceConnection {
  /** For messages. */
  readonly place: string
  readonly http: HttpClient
  /** Of failures. A place that asks to wait is asked again for `longestWaitMs`, however often that is. */
  readonly retries: RetryPolicy
  readonly longestWaitMs: number
  /** What a refusal's body says, by the place's protocol. */
  readonly explain: (body: string) => Explanation
  /** What to do about a refusal. */
  readonly hintFor: (status: number, explanation: Explanation) => string | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** '' where it is not told. */
export interface Explanation {
  readonly code: string
  readonly message: string
}

const MAX_REDIRECTS = 3
const ERROR_BODY_BYTES = 64 * 1024

export function createPlaceRequester(connection: PlaceConnection): PlaceRequester {
  const { place, http, retries, longestWaitMs, now } = connection
  const waits = createRegistryWaits(now)

  const sendOnce = async (request: PlaceRequest, signal: AbortSignal): Promise<HttpResponse> => {
    const headers = await request.headers()
    const response = await sendOver(http, { method: request.method, url: request.url, headers, body: request.openBody?.(), tls: DEFAULT_TLS, maxRedirects: MAX_REDIRECTS }, { place, signal })
    if ((response.status >= 200 && response.status < 300) || request.answers.includes(response.status)) return response
    throw await refusalOf(response, connection)
  }

  return {
    place,
    async send(request, signal) {
      const begunAt = now()
      let failures = 0
      const judge = (error: unknown): RetryVerdict => {
        if (!(error instanceof CachePlaceUnavailableError) || !error.isTransient) return { kind: 'give-up' }
        const leftMs = longestWaitMs - (now() - begunAt)
        const isLimit = error instanceof CacheRequestsLimitedError
        if (!isLimit) failures += 1
        if (failures >= retries.attempts || leftMs <= 0 || (error.retryAfterMs ?? 0) > leftMs) return { kind: 'give-up' }
        if (isLimit && error.retryAfterMs !== undefined) waits.begin(request.url.host, error.retryAfterMs)
        return { kind: 'retry', afterMs: error.retryAfterMs }
      }
      const work = async (): Promise<HttpResponse> => {
        await waits.passed(request.url.host, signal)
        return await sendOnce(request, signal)
      }
      return await retry(work, judge, { ...retries, attempts: Number.POSITIVE_INFINITY }, signal)
    },
  }
}

async function sendOver(http: HttpClient, request: HttpRequest, { place, signal }: { readonly place: string; readonly signal: AbortSignal }): Promise<HttpResponse> {
  try {
    return await http.send(request, signal)
  } catch (error) {
    throw error instanceof HttpConnectionError ? toPlaceUnavailable(error, place) : error
  }
}

/** Whether it is worth a second try is told by where it failed: what never began will hardly do so in a moment. */
export function toPlaceUnavailable(error: HttpConnectionError, place: string): CachePlaceUnavailableError {
  const isTransient = error.failure === 'broken' || error.failure === 'timeout'
  return new CachePlaceUnavailableError(place, error.message, { isTransient, hint: error.hint, cause: error })
}

/** What the answer means. Reads its body. */
export async function refusalOf(response: HttpResponse, { place, explain, hintFor, now }: PlaceConnection): Promise<CachePlaceError> {
  const { status } = response
  const explanation = explain(await readText(response))
  const told = [explanation.code, explanation.message].filter((part) => part !== '').join(': ')
  const what = told === '' ? `HTTP status ${status}` : told
  const hint = hintFor(status, explanation)
  const retryAfterMs = readWaitMs(response, now())
  if (status === 429 || explanation.code === 'SlowDown') return new CacheRequestsLimitedError(place, `it refuses more requests for now (${what})`, retryAfterMs)
  if (status === 401 || status === 403) return new CacheAccessDeniedError(place, `access is denied (${what})`, { hint })
  if (status === 413 || status === 507 || QUOTA_CODES.has(explanation.code)) return new CacheQuotaError(place, `it takes no more (${what})`, { hint })
  if (status === 404) return new CachePlaceMissingError(place, explanation.code, `it does not have what was asked for (${what})`, { hint })
  if (status === 408 || status >= 500) return new CachePlaceUnavailableError(place, `it failed (${what})`, { isTransient: status !== 501, retryAfterMs })
  return new CachePlaceRefusedError(place, status, `it refused (${what})`, { hint })
}

const QUOTA_CODES: ReadonlySet<string> = new Set(['EntityTooLarge', 'QuotaExceeded', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded'])

/** '' where it breaks off or is no small one. A byte order mark at its beginning, as GitHub's has, is left out. */
async function readText(response: HttpResponse): Promise<string> {
  const bytes = await readUpTo(response, ERROR_BODY_BYTES).catch(() => undefined)
  return new TextDecoder().decode(bytes ?? new Uint8Array())
}
