import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type * as undiciModule from 'undici'
import { BuildError } from '../ground/errors.ts'
import { notePassing } from './process/passingBuffer.ts'

/** HTTP/1.1 with streamed bodies both ways, kept connections, and redirects that never carry credentials to another origin. */
export interface HttpClient extends AsyncDisposable {
  /** Any status is an answer. Whoever calls reads the body to its end or discards it. @throws HttpConnectionError */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** A stream needs a `content-length` among the headers, unless it is to be sent in chunks. */
  readonly body: Uint8Array | string | AsyncIterable<Uint8Array> | undefined
  readonly tls: TlsOptions
  /** Redirects to be followed; only for GET and HEAD. */
  readonly maxRedirects: number
}

export interface TlsOptions {
  /** PEM, beside the system's own authorities. */
  readonly authorities: readonly string[]
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined
  readonly isVerified: boolean
}

export const DEFAULT_TLS: TlsOptions = { authorities: [], clientCertificate: undefined, isVerified: true }

export interface HttpResponse {
  readonly status: number
  /** Where the answer came from, after redirects. */
  readonly url: URL
  /** The first value of a header; `name` in lower case. */
  header(name: string): string | undefined
  /** All values of a header. */
  headers(name: string): readonly string[]
  readonly body: AsyncIterable<Uint8Array>
  /** Throws away what is left of the body, so that the connection can be used again. */
  discard(): Promise<void>
}

export interface HttpClientOptions {
  readonly userAgent: string
  /** Requests in flight to one origin; further ones wait. */
  readonly connectionsPerOrigin: number
  /** As the variables of that name; '' for none. */
  readonly proxy: ProxyOptions
}

export interface ProxyOptions {
  readonly http: string
  readonly https: string
  readonly except: string
}

/** Both spellings of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. */
export function proxyFrom(env: Readonly<Record<string, string | undefined>>): ProxyOptions {
  const read = (name: string): string => env[name.toLowerCase()] ?? env[name] ?? ''
  return { http: read('HTTP_PROXY'), https: read('HTTPS_PROXY'), except: read('NO_PROXY') }
}

const CONNECT_TIMEOUT_MS = 15_000
/** A registry may need minutes to take over a large blob into its own storage before it answers. */
const HEADERS_TIMEOUT_MS = 120_000
const IDLE_BODY_TIMEOUT_MS = 60_000
/** A connection that nobody uses is kept so long, unless the server says another time: less than servers and what is between take for dead. */
const KEPT_MS = 30_000

type Undici = typeof undiciModule
type Dispatcher = undiciModule.Dispatcher

export function createHttpClient(options: HttpClientOptions): HttpClient {
  // By what they verify, for files are read anew for who asks; plain HTTP verifies nothing.
  const dispatchers = new Map<string, Dispatcher>()
  const dispatcherFor = ({ url, tls }: HttpRequest, undici: Undici): Dispatcher => {
    const isPlain = url.protocol === 'http:'
    const key = isPlain ? '' : nameTls(tls)
    const known = dispatchers.get(key)
    if (known !== undefined) return known
    const made = createDispatcher(undici, isPlain ? {} : { rejectUnauthorized: tls.isVerified, secureContext: createTlsContext(tls) }, options)
    dispatchers.set(key, made)
    return made
  }
  return {
    async send(request, signal) {
      const undici = await import('undici') // slow to load, and most builds reach no network
      let current = request
      for (let redirects = 0; ; redirects += 1) {
        const response = await sendOnce(current, { undici, dispatcher: dispatcherFor(current, undici), userAgent: options.userAgent }, signal)
        const target = redirectTarget(current, response)
        if (target === undefined) return response
        await response.discard()
        if (redirects >= request.maxRedirects) throw new HttpConnectionError(current.url, 'broken', new Error('too many redirects'))
        current = redirected(current, target)
      }
    },
    async [Symbol.asyncDispose]() {
      for (const dispatcher of dispatchers.values()) await dispatcher.destroy()
      dispatchers.clear()
    },
  }
}

function nameTls({ authorities, clientCertificate, isVerified }: TlsOptions): string {
  return JSON.stringify([authorities, clientCertificate?.certificate, clientCertificate?.key, isVerified])
}

interface Sending {
  readonly undici: Undici
  readonly dispatcher: Dispatcher
  readonly userAgent: string
}

async function sendOnce(request: HttpRequest, { undici, dispatcher, userAgent }: Sending, signal: AbortSignal): Promise<HttpResponse> {
  signal.throwIfAborted()
  try {
    const { statusCode, headers, body } = await undici.request(request.url, {
      method: request.method,
      headers: { 'user-agent': userAgent, ...Object.fromEntries(request.headers) },
      body: toBody(request.body),
      dispatcher,
      signal,
    })
    const values = (name: string): readonly string[] => [headers[name] ?? []].flat()
    return {
      status: statusCode,
      url: request.url,
      header: (name) => values(name)[0],
      headers: values,
      body: readBody(body, request.url, signal),
      async discard() {
        await body.dump({ limit: 64 * 1024, signal }).catch(() => undefined) // past the limit the connection is closed: cheaper than to read on
      },
    }
  } catch (error) {
    signal.throwIfAborted()
    throw toConnectionError(error, request.url)
  }
}

async function* readBody(body: AsyncIterable<Uint8Array>, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      notePassing(chunk.byteLength)
      yield chunk
    }
  } catch (error) {
    signal.throwIfAborted()
    throw toConnectionError(error, url)
  }
}

function redirectTarget(request: HttpRequest, response: HttpResponse): URL | undefined {
  const location = response.header('location')
  const isRedirect = [301, 302, 303, 307, 308].includes(response.status)
  if (!isRedirect || location === undefined || request.maxRedirects === 0) return undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  return new URL(location, request.url)
}

/** To another origin go neither credentials nor the TLS options that were made for the first. */
function redirected(request: HttpRequest, target: URL): HttpRequest {
  if (target.origin === request.url.origin) return { ...request, url: target }
  const headers = new Map([...request.headers].filter(([name]) => name !== 'authorization' && name !== 'cookie'))
  return { ...request, url: target, headers, tls: DEFAULT_TLS }
}

function toBody(body: HttpRequest['body']): string | Uint8Array | Readable | null {
  if (body === undefined) return null
  return typeof body === 'string' || body instanceof Uint8Array ? body : Readable.from(body, { objectMode: false })
}

/** What the machine trusts counts too, not only what Node brings: companies have authorities of their own. */
export function createTlsContext({ authorities, clientCertificate }: TlsOptions): SecureContext {
  const ca = [...new Set([...getCACertificates('default'), ...getCACertificates('system'), ...authorities])]
  return createSecureContext({ ca, ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }) })
}

function createDispatcher({ Agent, EnvHttpProxyAgent }: Undici, tls: { readonly rejectUnauthorized?: boolean; readonly secureContext?: SecureContext }, { connectionsPerOrigin, proxy }: HttpClientOptions): Dispatcher {
  const connect = { ...tls, timeout: CONNECT_TIMEOUT_MS }
  const shared = { connect, connections: connectionsPerOrigin, allowH2: false, keepAliveTimeout: KEPT_MS, headersTimeout: HEADERS_TIMEOUT_MS, bodyTimeout: IDLE_BODY_TIMEOUT_MS }
  if (proxy.http === '' && proxy.https === '') return new Agent(shared)
  return new EnvHttpProxyAgent({ ...shared, httpProxy: proxy.http, httpsProxy: proxy.https, noProxy: proxy.except, requestTls: connect })
}

/** Why no answer came. */
export type ConnectionFailure = 'unknown-host' | 'refused' | 'timeout' | 'plain-http' | 'certificate' | 'tls' | 'broken'

/** No answer, or only a part of one. */
export class HttpConnectionError extends BuildError {
  readonly kind = 'unavailable'
  readonly url: URL
  readonly failure: ConnectionFailure
  constructor(url: URL, failure: ConnectionFailure, cause: unknown) {
    super(`${url.host}: ${describeFailure(failure, url, cause)}`, { hint: FAILURE_HINTS.get(failure), cause })
    this.url = url
    this.failure = failure
  }
}

function describeFailure(failure: ConnectionFailure, url: URL, cause: unknown): string {
  const detail = cause instanceof Error ? cause.message : String(cause)
  switch (failure) {
    case 'unknown-host':
      return isIP(url.hostname) === 0 ? `the host name ${JSON.stringify(url.hostname)} does not resolve` : detail
    case 'refused':
      return 'the connection was refused'
    case 'timeout':
      return 'the server did not answer in time'
    case 'plain-http':
      return 'the server speaks plain HTTP, not HTTPS'
    case 'certificate':
      return `the server's certificate is not trusted: ${detail}`
    case 'tls':
      return `TLS failed: ${detail}`
    case 'broken':
      return `the connection broke: ${detail}`
  }
}

const FAILURE_HINTS: ReadonlyMap<ConnectionFailure, string> = new Map([
  ['unknown-host', 'check the spelling, the network and the name server'],
  ['refused', 'check the port, and that the server runs'],
  ['timeout', 'check the network, and whether a proxy (HTTPS_PROXY) is needed'],
])

function toConnectionError(error: unknown, url: URL): unknown {
  if (error instanceof HttpConnectionError) return error
  const cause = innermost(error)
  const failure = failureOf(cause)
  return failure === undefined ? error : new HttpConnectionError(url, failure, cause)
}

/** Where each address of a host was tried, there is an AggregateError: the first says enough. */
function innermost(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? innermost(error.errors[0]) : error
}

function failureOf(error: unknown): ConnectionFailure | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = FAILURES.get(code)
  if (known !== undefined) return known
  if (code.includes('CERT') || code.includes('SIGNATURE')) return 'certificate'
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') return 'tls'
  if (code.startsWith('UND_ERR') || code.startsWith('HPE_')) return 'broken'
  return undefined
}

const FAILURES: ReadonlyMap<string, ConnectionFailure> = new Map([
  ['ENOTFOUND', 'unknown-host'],
  ['EAI_AGAIN', 'unknown-host'],
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'timeout'],
  ['EHOSTUNREACH', 'timeout'],
  ['ENETUNREACH', 'timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'plain-http'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'plain-http'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
  ['ECONNRESET', 'broken'],
  ['ECONNABORTED', 'broken'],
  ['EPIPE', 'broken'],
])
