import { parseChallenges, type Challenge } from '../auth/challenge.ts'
import { fetchToken } from '../auth/token.ts'
import type { LocatedLogin } from '../auth/dockerConfig.ts'
import type { HttpClient, HttpResponse } from '../../kit/http.ts'
import { ask, look, type ProbeTarget } from './ask.ts'
import { observe, type Observation } from './observation.ts'

export interface ServiceOptions {
  readonly http: HttpClient
  /** The login that is kept for the host; undefined where there is none. */
  readonly login: LocatedLogin | undefined
  /** What is asked of a token: '' for nothing. */
  readonly scope: string
  readonly now: () => number
}

/** What the registry says before anything is asked of it: version, clock, limits, and how it wants to know who one is. */
export async function probeService(target: ProbeTarget, options: ServiceOptions): Promise<readonly Observation[]> {
  const { endpoint: { base, tls }, signal } = target
  const startedAt = options.now()
  const response = await options.http.send({ method: 'GET', url: base, headers: new Map(), body: undefined, tls, maxRedirects: 0 }, signal)
  await response.discard()
  const challenges = response.status === 401 ? parseChallenges(response.headers('www-authenticate')) : []
  return [
    observe('reachable', 'yes', `${base.href} answers, HTTP status ${response.status}`),
    observeVersion(response),
    observeClock(response, startedAt, options.now()),
    await look(target, 'login', () => probeLogin(target, challenges, response.status === 401, options)),
    ...(await probeTokens(target, challenges, options)),
    ...observeLimit(response),
  ]
}

function observeVersion(response: HttpResponse): Observation {
  const version = response.header('docker-distribution-api-version')
  return observe('API version', 'yes', version ?? 'not told, which OCI allows')
}

/** A clock that goes wrong makes tokens and certificates look too old or too new. */
const CLOCK_TOLERANCE_MS = 60_000

function observeClock(response: HttpResponse, startedAt: number, endedAt: number): Observation {
  const there = Date.parse(response.header('date') ?? '')
  if (Number.isNaN(there)) return observe('clock', 'unknown', 'the registry does not tell its time')
  const differenceMs = there - (startedAt + endedAt) / 2
  const seconds = Math.round(Math.abs(differenceMs) / 1000)
  if (Math.abs(differenceMs) <= CLOCK_TOLERANCE_MS) return observe('clock', 'yes', `the registry's differs by ${seconds} s, as far as it tells`)
  return observe('clock', 'poor', `the registry's is ${seconds} s ${differenceMs > 0 ? 'ahead of' : 'behind'} this machine's`)
}

async function probeLogin(target: ProbeTarget, challenges: readonly Challenge[], isAsked: boolean, { login, scope }: ServiceOptions): Promise<Observation> {
  const wanted = challenges.map(({ scheme, parameters }) => (scheme === 'bearer' ? `a token of ${parameters.get('realm') ?? 'nowhere'}` : scheme)).join(', ')
  const asks = isAsked ? `it asks for ${wanted === '' ? 'a login, and does not say of what kind' : wanted}` : 'it asks for no login'
  const found = login === undefined ? 'none is kept here' : `${login.who} is kept ${login.helper === undefined ? `in ${login.path}` : `by docker-credential-${login.helper}, as ${login.path} says`}`
  const response = await ask(target, { method: 'GET', target: target.endpoint.base, scopes: scope === '' ? [] : [scope] })
  await response.discard()
  if (response.status >= 400) return observe('login', 'no', `${asks}; ${found}; it answers HTTP status ${response.status}`)
  if (login === undefined && isAsked) return observe('login', 'poor', `${asks}; ${found}; those without one may read`)
  return observe('login', 'yes', `${asks}; ${found}${isAsked ? ', and it works' : ''}`)
}

/** Shorter ones end within an upload. */
const SHORT_TOKEN_MS = 60_000

async function probeTokens(target: ProbeTarget, challenges: readonly Challenge[], { http, login, scope, now }: ServiceOptions): Promise<readonly Observation[]> {
  const challenge = challenges.find(({ scheme }) => scheme === 'bearer')
  if (challenge === undefined || login?.credentials.kind === 'registry-token') return []
  const access = { subject: target.endpoint.host, scopes: scope === '' ? [] : [scope] }
  const told = await look(target, 'tokens', async () => {
    const { lifetimeMs } = await fetchToken({ http, endpoint: target.endpoint, access, challenge, credentials: login?.credentials.kind === 'registry-token' ? undefined : login?.credentials, now }, target.signal)
    return observe('tokens', lifetimeMs < SHORT_TOKEN_MS ? 'poor' : 'yes', `they live for ${Math.round(lifetimeMs / 1000)} s`)
  })
  return told.outcome === 'no' ? [] : [told] // the login said it
}

function observeLimit(response: HttpResponse): readonly Observation[] {
  const names = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'ratelimit', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'retry-after']
  const told = names.flatMap((name) => (response.header(name) === undefined ? [] : [`${name}: ${response.header(name) ?? ''}`]))
  if (told.length === 0) return []
  const remaining = response.header('ratelimit-remaining') ?? response.header('x-ratelimit-remaining')
  return [observe('rate limit', remaining !== undefined && Number.parseInt(remaining, 10) === 0 ? 'poor' : 'yes', told.join(', '))]
}
