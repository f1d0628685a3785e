import { createRegistry, DEFAULT_RETRIES } from '../registry/registryClient.ts'
import { createLessons } from '../registry/lessons.ts'
import type { HostConfig } from '../registry/hostConfig.ts'
import { parseRepository } from '../registry/registry.ts'
import type { SessionRegistries } from '../ops/layerPresence.ts'
import type { LoneBlobs } from '../ops/remote/imageBlobSource.ts'
import { withPolicy, type PolicedRegistry } from '../trust/policy/policedRegistry.ts'
import { readPolicy } from '../trust/policy/readPolicy.ts'
import { createHttpClient, proxyFrom } from '../kit/http.ts'
import type { ClientSessions } from './clientSessions.ts'

const CONNECTIONS_PER_HOST = 8
/** A registry client is kept as long after its last build, for the tokens it has. */
const KEPT = 8

export interface SessionRegistriesOptions {
  readonly sessions: Pick<ClientSessions, 'credentials'>
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly hosts: HostConfig
}

/** A registry client for each session, with that session's credentials. What connections there are all of them use: a handshake takes longer than what most builds ask. */
export interface OpenedRegistries extends SessionRegistries, AsyncDisposable {
  readonly loneBlobs: LoneBlobs
}

export function createSessionRegistries({ sessions, version, env, hosts }: SessionRegistriesOptions): OpenedRegistries {
  const open = new Map<string, PolicedRegistry>()
  const lessons = createLessons()
  const [userAgent, proxy] = [`pelago/${version} (linux; ${process.arch})`, proxyFrom(env)]
  const http = createHttpClient({ userAgent, connectionsPerOrigin: CONNECTIONS_PER_HOST, proxy })
  const create = (sessionId: string): PolicedRegistry =>
    withPolicy(
      createRegistry({
        credentials: sessions.credentials(sessionId),
        hosts,
        userAgent,
        connectionsPerHost: CONNECTIONS_PER_HOST,
        proxy,
        retries: DEFAULT_RETRIES,
        now: Date.now,
        lessons,
        http,
      }),
      () => readPolicy(env),
    )

  const registryFor = (sessionId: string): PolicedRegistry => {
    const known = open.get(sessionId)
    if (known !== undefined) return known
    const made = create(sessionId)
    open.set(sessionId, made)
    for (const oldest of [...open.keys()].slice(0, -KEPT)) open.delete(oldest)
    return made
  }

  return {
    registryFor,
    loneBlobs: { check: ({ place, digest }, sessionId) => registryFor(sessionId).checkLoneBlob(parseRepository(place), digest) },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
