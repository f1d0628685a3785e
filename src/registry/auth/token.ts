import { InvalidValueError } from '../../ground/errors.ts'
import { optionalNumber, optionalString, parseJsonObject } from '../../ground/jsonValue.ts'
import type { HttpClient, HttpRequest } from '../../kit/http.ts'
import type { Endpoint } from '../internal/endpoint.ts'
import type { Credentials } from '../registry.ts'
import { AuthenticationError } from '../registryError.ts'
import { readRefusal, readSmallBody, refusalOf } from '../internal/response.ts'
import { formatBasic, type Access } from './access.ts'
import type { Challenge } from './challenge.ts'

export interface Token {
  readonly text: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly lifetimeMs: number
}

export interface TokenRequest {
  readonly http: HttpClient
  readonly endpoint: Endpoint
  readonly access: Access
  /** Of the scheme `bearer`. */
  readonly challenge: Challenge
  /** Undefined asks for an anonymous token. */
  readonly credentials: Exclude<Credentials, { kind: 'registry-token' }> | undefined
  readonly now: () => number
}

const CLIENT_ID = 'pelago'
/** Where the server says nothing of it: distribution's token specification, "expires_in". */
const DEFAULT_LIFETIME_S = 60

/**
 * Asks the server that `challenge` names for a token: by GET, or by an OAuth 2 POST where there is an identity token.
 * @throws AuthenticationError; RegistryUnavailableError; TooManyRequestsError; HttpConnectionError
 */
export async function fetchToken(request: TokenRequest, signal: AbortSignal): Promise<Token> {
  const { http, endpoint, access, now } = request
  const response = await http.send(toHttpRequest(request, realmOf(request)), signal)
  if (response.status === 429 || response.status >= 500) throw await refusalOf(response, endpoint.host, access.subject)
  if (response.status !== 200) {
    const { detail } = await readRefusal(response)
    const who = request.credentials === undefined ? 'without a login' : 'with the login for it'
    throw new AuthenticationError(endpoint.host, access.subject, `${endpoint.host} gives no access ${who}${detail === '' ? '' : ` (${detail})`}`)
  }
  const answer = parseJsonObject(Buffer.from(await readSmallBody(response, access.subject)).toString(), `the token of ${endpoint.host}`)
  const text = optionalString(answer, 'token') ?? optionalString(answer, 'access_token')
  if (text === undefined || text === '') throw new AuthenticationError(endpoint.host, access.subject, 'the token server gave no token')
  const told = optionalNumber(answer, 'expires_in') ?? 0
  const lifetimeMs = (told > 0 ? told : DEFAULT_LIFETIME_S) * 1000
  return { text, expiresAt: now() + lifetimeMs, lifetimeMs }
}

/** A registry reached by HTTPS may not have credentials sent in the clear. */
function realmOf({ endpoint, access, challenge, credentials }: TokenRequest): URL {
  const realm = URL.parse(challenge.parameters.get('realm') ?? '', endpoint.base.href)
  if (realm === null || !/^https?:$/.test(realm.protocol) || (challenge.parameters.get('realm') ?? '') === '') throw new InvalidValueError(`${endpoint.host}: the registry names no token server`)
  if (credentials !== undefined && realm.protocol === 'http:' && endpoint.base.protocol === 'https:') {
    throw new AuthenticationError(endpoint.host, access.subject, `its token server ${realm.host} would get the password over plain HTTP`)
  }
  return realm
}

function toHttpRequest({ endpoint, access, challenge, credentials }: TokenRequest, realm: URL): HttpRequest {
  const fields = new URLSearchParams()
  const service = challenge.parameters.get('service')
  if (service !== undefined) fields.set('service', service)
  const scopes = access.scopes.length > 0 ? access.scopes : (challenge.parameters.get('scope')?.split(' ') ?? [])
  const shared = { tls: endpoint.tls, maxRedirects: 3 }
  if (credentials?.kind === 'identity-token') {
    const body = new URLSearchParams([...fields, ['grant_type', 'refresh_token'], ['client_id', CLIENT_ID], ['refresh_token', credentials.token]])
    if (scopes.length > 0) body.set('scope', scopes.join(' '))
    return { ...shared, method: 'POST', url: realm, headers: new Map([['content-type', 'application/x-www-form-urlencoded']]), body: body.toString() }
  }
  const url = new URL(realm)
  for (const [name, value] of fields) url.searchParams.set(name, value)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (credentials === undefined) return { ...shared, method: 'GET', url, headers: new Map(), body: undefined }
  url.searchParams.set('account', credentials.username)
  const authorization = formatBasic(credentials.username, credentials.password)
  return { ...shared, method: 'GET', url, headers: new Map([['authorization', authorization]]), body: undefined }
}
