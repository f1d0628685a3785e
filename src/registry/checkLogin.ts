import { createHttpClient } from '../kit/http.ts'
import { createAuthorizer } from './auth/authorizer.ts'
import { createEndpoints } from './internal/endpoint.ts'
import { createRequester } from './internal/requester.ts'
import type { RegistryOptions } from './registryClient.ts'

/**
 * Asks `host` for the root of its API with the login of `options`, for no repository in particular; a registry that
 * asks for no login takes any. @throws AuthenticationError where it is refused; RegistryUnavailableError
 */
export async function checkLogin(host: string, options: RegistryOptions, signal: AbortSignal): Promise<void> {
  await using http = createHttpClient({ userAgent: options.userAgent, connectionsPerOrigin: options.connectionsPerHost, proxy: options.proxy })
  const endpoints = createEndpoints(http, options.hosts)
  const authorizer = createAuthorizer({ http, credentials: options.credentials, now: options.now })
  const requester = createRequester({ http, endpoints, authorizer, retries: options.retries })
  const request = { method: 'GET', target: '', headers: new Map<string, string>(), openBody: undefined, subject: host, scopes: [] } as const
  await requester.push(host, async (endpoint) => (await requester.send(endpoint, request, signal)).discard(), signal)
}
