import type { Endpoint } from '../internal/endpoint.ts'
import type { HttpClient } from '../../kit/http.ts'
import { createSingleFlight } from '../../kit/singleFlight.ts'
import type { CredentialSource, Credentials } from '../registry.ts'
import { AuthenticationError } from '../registryError.ts'
import { formatBasic, type Access } from './access.ts'
import type { Challenge } from './challenge.ts'
import { fetchToken, type Token } from './token.ts'

/** Knows what each registry asks for, and keeps the tokens it gave until they expire, and names and passwords until they are refused: an upload is taken back when who has them may be gone. */
export interface Authorizer {
  /** The `authorization` header to send; undefined while the registry has not asked for one. @throws AuthenticationError */
  header(endpoint: Endpoint, access: Access, signal: AbortSignal): Promise<string | undefined>
  /** Takes in a 401. The token that was refused is not used again. @throws AuthenticationError where nothing it asks for is known */
  learn(endpoint: Endpoint, access: Access, answer: Unauthorized): void
}

export interface Unauthorized {
  readonly challenges: readonly Challenge[]
  /** The `authorization` header that was not enough; undefined where there was none. */
  readonly refused: string | undefined
}

export interface AuthorizerOptions {
  readonly http: HttpClient
  readonly credentials: CredentialSource
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A token this close to its end is not used: the request takes time too. Of a short life it is a quarter, so that even such a token serves several requests. */
const EXPIRY_MARGIN_MS = 10_000
const EXPIRY_MARGIN_PART = 0.25

export function createAuthorizer({ http, credentials, now }: AuthorizerOptions): Authorizer {
  const asked = new Map<string, Challenge>()
  const tokens = new Map<string, Token>()
  const logins = new Map<string, string>()
  const flights = createSingleFlight<string, Token>()
  /** What registries asked for beyond what an access needs by the specification, by token. */
  const moreScopes = new Map<string, readonly string[]>()

  const bearer = async (endpoint: Endpoint, access: Access, challenge: Challenge, signal: AbortSignal): Promise<string> => {
    const key = tokenKey(endpoint, access)
    const kept = tokens.get(key)
    if (kept !== undefined && kept.expiresAt - Math.min(EXPIRY_MARGIN_MS, kept.lifetimeMs * EXPIRY_MARGIN_PART) > now()) return kept.text
    const token = await flights.run(
      key,
      async (inner) => {
        const known = await credentials.credentials(endpoint.host, inner)
        if (known?.kind === 'registry-token') return { text: known.token, expiresAt: Number.POSITIVE_INFINITY, lifetimeMs: Number.POSITIVE_INFINITY }
        return await fetchToken({ http, endpoint, access: { ...access, scopes: [...access.scopes, ...(moreScopes.get(key) ?? [])] }, challenge, credentials: known, now }, inner)
      },
      signal,
    )
    tokens.set(key, token)
    return token.text
  }

  const login = async (endpoint: Endpoint, access: Access, signal: AbortSignal): Promise<string> => {
    const key = loginKey(endpoint)
    const header = logins.get(key) ?? basicHeader(endpoint.host, access, await credentials.credentials(endpoint.host, signal))
    logins.set(key, header)
    return header
  }

  return {
    async header(endpoint, access, signal) {
      const challenge = asked.get(endpoint.base.origin)
      if (challenge === undefined) return undefined
      if (challenge.scheme === 'bearer') return `Bearer ${await bearer(endpoint, access, challenge, signal)}`
      return await login(endpoint, access, signal)
    },
    learn(endpoint, access, { challenges, refused }) {
      const challenge = chooseChallenge(challenges)
      if (challenge === undefined) throw new AuthenticationError(endpoint.host, access.subject, `the registry asks for a kind of login that is not known: ${challenges.map(({ scheme }) => scheme).join(', ')}`)
      const key = tokenKey(endpoint, access)
      if (refused === logins.get(loginKey(endpoint))) logins.delete(loginKey(endpoint))
      // another request may have brought a new token since this one was sent
      if (refused === `Bearer ${tokens.get(key)?.text ?? ''}`) tokens.delete(key)
      const asksMore = refused !== undefined && access.scopes.length > 0 ? (challenge.parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '' && !access.scopes.includes(scope)) : []
      if (asksMore.length > 0) moreScopes.set(key, asksMore)
      asked.set(endpoint.base.origin, challenge)
    },
  }
}

/** The first that can be answered, tokens before passwords. A registry that asks for a login and does not say how is taken to mean name and password. */
function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  if (challenges.length === 0) return { scheme: 'basic', parameters: new Map() }
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'))
  return bearer ?? challenges.find(({ scheme }) => scheme === 'basic') ?? challenges.find(({ scheme }) => scheme === 'bearer')
}

function tokenKey({ base }: Endpoint, { scopes }: Access): string {
  return [base.origin, ...scopes.toSorted()].join(' ')
}

/** A mirror may be at the origin of another, with a login of its own. */
function loginKey({ host, base }: Endpoint): string {
  return `${host} ${base.origin}`
}

function basicHeader(host: string, { subject }: Access, known: Credentials | undefined): string {
  switch (known?.kind) {
    case undefined:
      throw new AuthenticationError(host, subject, `${host} asks for a login, and there is none`)
    case 'basic':
      return formatBasic(known.username, known.password)
    case 'registry-token':
      return `Bearer ${known.token}`
    case 'identity-token':
      throw new AuthenticationError(host, subject, `${host} asks for name and password, and there is only an identity token`)
  }
}
