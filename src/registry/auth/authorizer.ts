import type { Endpoint } from '../internal/endpoint.ts'
import type { HttpClient } from '../../kit/http.ts'
import { createSingleFlight } from '../../kit/singleFlight.ts'
import type { CredentialSource, Credentials } from '../registry.ts'
import { AuthenticationError } from '../registryError.ts'
import { formatBasic, type Access } from './access.ts'
import type { Challenge } from './challenge.ts'
import { fetchToken, type Token } from './token.ts'

/** Knows what each registry asks for, and keeps the tokens it gave until they expire. */
export interface Authorizer {
  /** The `authorization` header to send; undefined while the registry has not asked for one. @throws AuthenticationError */
  header(endpoint: Endpoint, access: Access, signal: AbortSignal): Promise<string | undefined>
  /** Takes in a 401. A token that was used for this access is not used again. @throws AuthenticationError where nothing it asks for is known */
  learn(endpoint: Endpoint, access: Access, challenges: readonly Challenge[]): void
}

export interface AuthorizerOptions {
  readonly http: HttpClient
  readonly credentials: CredentialSource
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A token this close to its end is not used: the request takes time too. */
const EXPIRY_MARGIN_MS = 10_000

export function createAuthorizer({ http, credentials, now }: AuthorizerOptions): Authorizer {
  const asked = new Map<string, Challenge>()
  const tokens = new Map<string, Token>()
  const flights = createSingleFlight<string, Token>()

  const bearer = async (endpoint: Endpoint, access: Access, challenge: Challenge, signal: AbortSignal): Promise<string> => {
    const key = tokenKey(endpoint, access)
    const kept = tokens.get(key)
    if (kept !== undefined && kept.expiresAt - EXPIRY_MARGIN_MS > now()) return kept.text
    const token = await flights.run(
      key,
      async (inner) => {
        const known = await credentials.credentials(endpoint.host, inner)
        if (known?.kind === 'registry-token') return { text: known.token, expiresAt: Number.POSITIVE_INFINITY }
        return await fetchToken({ http, endpoint, access, challenge, credentials: known, now }, inner)
      },
      signal,
    )
    tokens.set(key, token)
    return token.text
  }

  return {
    async header(endpoint, access, signal) {
      const challenge = asked.get(endpoint.base.origin)
      if (challenge === undefined) return undefined
      if (challenge.scheme === 'bearer') return `Bearer ${await bearer(endpoint, access, challenge, signal)}`
      return basicHeader(endpoint.host, access, await credentials.credentials(endpoint.host, signal))
    },
    learn(endpoint, access, challenges) {
      const challenge = challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic')
      if (challenge === undefined) throw new AuthenticationError(endpoint.host, access.subject, 'the registry asks for a kind of login that is not known')
      asked.set(endpoint.base.origin, challenge)
      tokens.delete(tokenKey(endpoint, access))
    },
  }
}

function tokenKey({ base }: Endpoint, { scopes }: Access): string {
  return [base.origin, ...scopes.toSorted()].join(' ')
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
