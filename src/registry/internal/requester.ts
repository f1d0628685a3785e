import { BuildError } from '../../ground/errors.ts'
import { DEFAULT_TLS, HttpConnectionError, type HttpClient, type HttpRequest, type HttpResponse } from '../../kit/http.ts'
import { retry, type RetryPolicy, type RetryVerdict } from '../../kit/retry.ts'
import type { Access } from '../auth/access.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import { parseChallenges } from '../auth/challenge.ts'
import type { Endpoint, Endpoints } from './endpoint.ts'
import type { Lessons } from '../lessons.ts'
import { judgeRegistryError, RegistryUnavailableError, TooManyRequestsError } from '../registryError.ts'
import type { RegistryWaits } from './registryWaits.ts'
import { refusalOf } from './response.ts'

/** One request to a registry's API. */
export interface RegistryRequest extends Access {
  readonly method: HttpRequest['method']
  /** Behind `/v2/`, or a URL that the registry gave. */
  readonly target: string | URL
  readonly headers: ReadonlyMap<string, string>
  /** Called anew for each attempt. */
  readonly openBody: (() => Uint8Array | AsyncIterable<Uint8Array>) | undefined
  /** MAX_REDIRECTS where it is not said. */
  readonly maxRedirects?: number
}

const MAX_REDIRECTS = 5

/** Sends requests as the user: answers challenges, and turns what went wrong into RegistryErrors. */
export interface Requester {
  readonly lessons: Lessons
  /**
   * One attempt, but for an answer to a challenge. Redirects are followed. Answers below 500 but
   * 401, 403, 408 and 429 are given back, and 501, which says what the registry cannot do. @throws RegistryError
   */
  send(endpoint: Endpoint, request: RegistryRequest, signal: AbortSignal): Promise<HttpResponse>
  /** Asks the mirrors of `host` in turn, and when none has it the registry itself, that one with retries. */
  askMirrors<T>(host: string, attempt: (endpoint: Endpoint) => Promise<T>, signal: AbortSignal): Promise<T>
  /** Asks the registry itself, with retries. */
  askOrigin<T>(host: string, attempt: (endpoint: Endpoint) => Promise<T>, signal: AbortSignal): Promise<T>
  /** For who asks otherwise: begins the pause that `error` may tell, which all requests of `askOrigin` to the host keep. */
  notePause(host: string, error: unknown): void
}

export interface RequesterOptions {
  readonly http: HttpClient
  readonly endpoints: Endpoints
  readonly authorizer: Authorizer
  readonly retries: RetryPolicy
  readonly lessons: Lessons
  readonly waits: RegistryWaits
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** So long a mirror that did not answer is passed by: each try may cost a whole timeout. */
const MIRROR_PAUSE_MS = 60_000

export function createRequester({ http, endpoints, authorizer, retries, lessons, waits, now }: RequesterOptions): Requester {
  const pausedUntil = new Map<string, number>()

  const sendOnce = async (endpoint: Endpoint, request: RegistryRequest, signal: AbortSignal): Promise<SentOnce> => {
    let url = typeof request.target === 'string' ? new URL(request.target, endpoint.base) : atEndpoint(request.target, endpoint)
    for (let redirects = 0; ; redirects += 1) {
      const isOwn = url.origin === endpoint.base.origin
      const authorization = isOwn ? await authorizer.header(endpoint, request, signal) : undefined
      const headers = new Map([...request.headers, ...(authorization === undefined ? [] : [['authorization', authorization] as const])])
      const tls = isOwn ? endpoint.tls : DEFAULT_TLS
      const response = await http.send({ method: request.method, url, headers, body: request.openBody?.(), tls, maxRedirects: request.maxRedirects ?? MAX_REDIRECTS }, signal)
      const next = redirects < MAX_REDIRECTS ? bodyRedirect(request, response) : undefined
      if (next === undefined) return { response, authorization }
      await response.discard()
      url = atEndpoint(next, endpoint)
    }
  }

  const send: Requester['send'] = async (endpoint, request, signal) => {
    try {
      let { response, authorization } = await sendOnce(endpoint, request, signal)
      if (response.status === 401 && isOf(endpoint, response)) {
        await response.discard()
        authorizer.learn(endpoint, request, { challenges: parseChallenges(response.headers('www-authenticate')), refused: authorization })
        ;({ response, authorization } = await sendOnce(endpoint, request, signal))
      }
      return await checked(response, endpoint, request)
    } catch (error) {
      throw error instanceof HttpConnectionError ? toUnavailable(error, request.subject, endpoint.host) : error
    }
  }

  const askOrigin = async <T>(host: string, attempt: (endpoint: Endpoint) => Promise<T>, signal: AbortSignal): Promise<T> => {
    const work = async (): Promise<T> => {
      await waits.passed(host, signal)
      return await attempt(await findOrigin(endpoints, host, signal))
    }
    return await retry(work, (error) => judgeAndPause(waits, host, error), retries, signal)
  }

  return {
    lessons,
    send,
    askOrigin,
    notePause: (host, error) => void judgeAndPause(waits, host, error),
    async askMirrors(host, attempt, signal) {
      const mirrors = await endpoints.mirrors(host, signal)
      for (const mirror of mirrors.filter(({ base }) => (pausedUntil.get(base.href) ?? 0) <= now())) {
        try {
          return await attempt(mirror)
        } catch (error) {
          signal.throwIfAborted()
          if (!(error instanceof BuildError)) throw error // a mirror may lack what it likes, or be wrong: the next is asked
          if (error instanceof RegistryUnavailableError) pausedUntil.set(mirror.base.href, now() + MIRROR_PAUSE_MS)
        }
      }
      return await askOrigin(host, attempt, signal)
    },
  }
}

function judgeAndPause(waits: RegistryWaits, host: string, error: unknown): RetryVerdict {
  const verdict = judgeRegistryError(error)
  if (error instanceof TooManyRequestsError && verdict.kind === 'retry' && verdict.afterMs !== undefined) waits.begin(host, verdict.afterMs)
  return verdict
}

interface SentOnce {
  readonly response: HttpResponse
  /** What the registry itself was shown last. */
  readonly authorization: string | undefined
}

/** Where a request with a body is to be sent instead; those without one are redirected by the HTTP client. */
function bodyRedirect({ method }: RegistryRequest, response: HttpResponse): URL | undefined {
  const location = response.header('location')
  const isRedirect = response.status === 307 || response.status === 308
  if (!isRedirect || location === undefined || method === 'GET' || method === 'HEAD') return undefined
  return new URL(location, response.url)
}

/**
 * A registry behind a proxy that ends TLS may not know that it is reached by HTTPS, and point to itself by HTTP: what
 * goes to the endpoint's own host goes there as the endpoint is reached.
 */
function atEndpoint(url: URL, { base }: Endpoint): URL {
  const isDowngraded = url.protocol === 'http:' && base.protocol === 'https:' && url.hostname === base.hostname && (url.port === '' || url.port === base.port)
  return isDowngraded ? new URL(`${url.pathname}${url.search}`, base) : url
}

/** What a redirect led to is storage: its refusals are those of a link that expired, not of the user. */
function isOf(endpoint: Endpoint, response: HttpResponse): boolean {
  return response.url.origin === endpoint.base.origin
}

async function checked(response: HttpResponse, endpoint: Endpoint, request: RegistryRequest): Promise<HttpResponse> {
  const { status } = response
  if ((status === 401 || status === 403) && !isOf(endpoint, response)) {
    await response.discard()
    throw new RegistryUnavailableError(request.subject, `the registry's storage at ${response.url.host} denies access`, { isTransient: true })
  }
  if (status === 401 || status === 403 || status === 408 || status === 429 || (status >= 500 && status !== 501)) throw await refusalOf(response, endpoint.host, request.subject)
  return response
}

async function findOrigin(endpoints: Endpoints, host: string, signal: AbortSignal): Promise<Endpoint> {
  try {
    return await endpoints.origin(host, signal)
  } catch (error) {
    throw error instanceof HttpConnectionError ? toUnavailable(error, host, host) : error
  }
}

/** Whether it is worth a second try is told by where it failed: what never began will hardly do so in a moment. */
export function toUnavailable(error: HttpConnectionError, subject: string, host: string): RegistryUnavailableError {
  const isTransient = error.failure === 'broken' || error.failure === 'timeout'
  const what = error.message.startsWith(subject) ? error.message.slice(subject.length).replace(/^:\s*/, '') : error.message
  return new RegistryUnavailableError(subject, what, { isTransient, hint: hintFor(error, host), cause: error })
}

function hintFor(error: HttpConnectionError, host: string): string | undefined {
  switch (error.failure) {
    case 'plain-http':
      return `if that is meant, allow it: --insecure-registry ${host}`
    case 'certificate':
      return `put its authority's certificate to ~/.config/pelago/certs.d/${host}/ca.crt, or do without: --insecure-registry ${host}`
    case 'unknown-host':
    case 'refused':
    case 'timeout':
    case 'tls':
    case 'broken':
      return error.hint
  }
}
