import { createHttpClient, type HttpClient, type ProxyOptions } from '../../kit/http.ts'
import type { RetryPolicy } from '../../kit/retry.ts'
import { createAuthorizer } from '../auth/authorizer.ts'
import type { HostConfig } from '../hostConfig.ts'
import type { CredentialSource } from '../registry.ts'
import { createLessons, type Lessons } from '../lessons.ts'
import { createEndpoints } from './endpoint.ts'
import { createRegistryWaits, type RegistryWaits } from './registryWaits.ts'
import { createRequester, type Requester } from './requester.ts'

export interface ConnectionOptions {
  readonly credentials: CredentialSource
  readonly hosts: HostConfig
  /** `pelago/1.0 (linux; arm64)` */
  readonly userAgent: string
  /** Requests in flight to one host. */
  readonly connectionsPerHost: number
  readonly proxy: ProxyOptions
  readonly retries: RetryPolicy
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Shared by all clients of one process; undefined where there is but one. */
  readonly lessons?: Lessons
  /** Shared in the same way, with the connections that it keeps, by its owner; undefined where the client has its own. */
  readonly http?: HttpClient
}

/** Registries as one user reaches them. Disposing it closes the connections that are its own. */
export interface Connection extends AsyncDisposable {
  readonly requester: Requester
  readonly http: HttpClient
  readonly lessons: Lessons
  readonly waits: RegistryWaits
}

export function connect(options: ConnectionOptions): Connection {
  const http = options.http ?? createHttpClient({ userAgent: options.userAgent, connectionsPerOrigin: options.connectionsPerHost, proxy: options.proxy })
  const endpoints = createEndpoints(http, options.hosts)
  const authorizer = createAuthorizer({ http, credentials: options.credentials, now: options.now })
  const lessons = options.lessons ?? createLessons()
  const waits = createRegistryWaits(options.now)
  const requester = createRequester({ http, endpoints, authorizer, retries: options.retries, lessons, waits, now: options.now })
  return {
    http,
    lessons,
    waits,
    requester,
    async [Symbol.asyncDispose]() {
      if (options.http === undefined) await http[Symbol.asyncDispose]()
    },
  }
}
