import { createRegistry, DEFAULT_RETRIES } from '../registry/registryClient.ts'
import { createLessons } from '../registry/lessons.ts'
import type { HostConfig } from '../registry/hostConfig.ts'
import { parseRepository } from '../registry/registry.ts'
import type { SessionRegistries } from '../ops/layerPresence.ts'
import type { LoneBlobs } from '../ops/remote/imageBlobSource.ts'
import { withPolicy, type PolicedRegistry } from '../trust/policy/policedRegistry.ts'
import { readPolicy } from '../trust/policy/readPolicy.ts'
import { proxyFrom } from '../kit/http.ts'
import type { ClientSessions } from './clientSessions.ts'

const CONNECTIONS_PER_HOST = 8
/** A registry client is kept as long after its last build, for the tokens and connections it has. */
const KEPT = 8

export interface SessionRegistriesOptions {
  readonly sessions: Pick<ClientSessions, 'credentials'>
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly hosts: HostConfig
}

/** A registry client for each session, with that session's credentials. */
export interface OpenedRegistries extends SessionRegistries, AsyncDisposable {
  readonly loneBlobs: LoneBlobs
}

export function createSessionRegistries({ sessions, version, env, hosts }: SessionRegistriesOptions): OpenedRegistries {
  const open = new Map<string, PolicedRegistry & AsyncDisposable>()
  const lessons = createLessons()
  const create = (sessionId: string): PolicedRegistry & AsyncDisposable =>
    withPolicy(
      createRegistry({
        credentials: sessions.credentials(sessionId),
        hosts,
        userAgent: `pelago/${version} (linux; ${process.arch})`,
        connectionsPerHost: CONNECTIONS_PER_HOST,
        proxy: proxyFrom(env),
        retries: DEFAULT_RETRIES,
        now: Date.now,
        lessons,
      }),
      () => readPolicy(env),
    )

  const registryFor = (sessionId: string): PolicedRegistry => {
    const known = open.get(sessionId)
    if (known !== undefined) return known
    const made = create(sessionId)
    open.set(sessionId, made)
    for (const [oldest, registry] of [...open].slice(0, -KEPT)) {
      open.delete(oldest)
      void registry[Symbol.asyncDispose]() // closes as its requests end
    }
    return made
  }

  return {
    registryFor,
    loneBlobs: { check: ({ place, digest }, sessionId) => registryFor(sessionId).checkLoneBlob(parseRepository(place), digest) },
    async [Symbol.asyncDispose]() {
      for (const registry of open.values()) await registry[Symbol.asyncDispose]()
    },
  }
}
