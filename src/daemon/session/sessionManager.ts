import { createClient } from '@connectrpc/connect'
import type { ClientHttp2Session } from 'node:http2'
import { fromStatus } from '../../api/errorMapping.ts'
import { Health } from '../../api/gen/health_pb.ts'
import { openHttp2Client } from '../../api/grpc/http2Connection.ts'
import type { ServerCall } from '../../api/grpc/serverCall.ts'
import { methodPath } from '../../api/grpc/serviceRoutes.ts'
import { createTransport } from '../../api/grpc/transport.ts'
import { openLate } from '../../api/lateSession.ts'
import { createTunnel } from '../../api/tunnel.ts'
import { BuildError, InvalidValueError } from '../../ground/errors.ts'
import { orAborted } from '../../kit/singleFlight.ts'
import { createClientSession, type ClientSession } from './clientSession.ts'
import { parseSessionHeaders, type SessionHeaders } from './sessionHeaders.ts'

/** Solve and Session of one build come at once, in either order; BuildKit waits as long. */
const ARRIVAL_MS = 5_000
const HEALTH = { everyMs: 5_000, timeoutMs: 15_000, failures: 2 } as const

/** The sessions that are open. A session lives as long as its `Control.Session` call. */
export interface SessionManager {
  /** Serves a `Control.Session` call to its end. Folders to be read and files to be written directly are taken only from a trusted peer: one of this machine and user. */
  serve(call: ServerCall, peer: { readonly isTrusted: boolean }): Promise<void>
  /** Waits a few seconds for a session that is not there yet. @throws SessionNotFoundError */
  get(sessionId: string, signal: AbortSignal): Promise<ClientSession>
  /** Undefined where it is not there, or no more. */
  find(sessionId: string): ClientSession | undefined
}

export class SessionNotFoundError extends BuildError {
  readonly kind = 'not-found'
  readonly sessionId: string
  constructor(sessionId: string) {
    super(`no active session for ${sessionId}`, { hint: 'the client went away, or its session took too long to open: run the build again' })
    this.sessionId = sessionId
  }
}

export function createSessionManager(): SessionManager {
  const sessions = new Map<string, ClientSession>()
  let arrived = Promise.withResolvers<undefined>()

  const open = (session: ClientSession): void => {
    if (sessions.has(session.id)) throw new InvalidValueError(`session ${session.id} exists`)
    sessions.set(session.id, session)
    arrived.resolve(undefined)
    arrived = Promise.withResolvers()
  }

  return {
    find: (sessionId) => sessions.get(plainId(sessionId)),
    async get(sessionId, signal) {
      const id = plainId(sessionId)
      const deadline = AbortSignal.timeout(ARRIVAL_MS)
      for (;;) {
        const session = sessions.get(id)
        if (session !== undefined) return session
        signal.throwIfAborted()
        if (deadline.aborted) throw new SessionNotFoundError(id)
        await orAborted(arrived.promise, AbortSignal.any([signal, deadline])).catch(() => undefined) // the loop looks at both
      }
    },
    async serve(call, { isTrusted }) {
      const headers = parseSessionHeaders(call.metadata)
      if (headers.id === '') throw new InvalidValueError('session has no id', { hint: 'send the header x-docker-expose-session-uuid' })
      const ended = new AbortController()
      const tunnel = createTunnel({ ...call, closeSend: () => undefined })
      tunnel.on('error', () => undefined) // it breaks what is asked of the client, which tells of it
      const closed = new Promise<void>((resolve) => void tunnel.once('close', resolve))
      const connection = openLate(tunnel, openHttp2Client)
      open(createClientSession(connection, isTrusted ? headers : { ...headers, folders: new Map(), lendsFiles: false }, ended.signal))
      const stopChecks = watchHealth(connection, headers, () => void tunnel.destroy())
      try {
        await orAborted(closed, call.signal)
      } finally {
        stopChecks()
        sessions.delete(headers.id)
        ended.abort(new DOMException('the client ended its session', 'AbortError'))
        tunnel.destroy()
      }
    },
  }
}

/** Attributes of a build may name a session with a prefix. */
function plainId(sessionId: string): string {
  return sessionId.slice(sessionId.lastIndexOf(':') + 1)
}

/** Calls `close` on the connection of a client that no longer answers: nothing else would tell of a machine that is gone. Gives how to stop. */
function watchHealth(connection: () => ClientHttp2Session, { methods }: SessionHeaders, close: () => void): () => void {
  if (!methods.has(methodPath(Health.method.check))) return () => undefined
  const health = createClient(Health, createTransport(connection, fromStatus))
  let failures = 0
  let timer: NodeJS.Timeout
  const check = async (): Promise<void> => {
    try {
      await health.check({}, { signal: AbortSignal.timeout(HEALTH.timeoutMs) })
      failures = 0
    } catch {
      failures += 1
    }
    if (failures >= HEALTH.failures) close()
    else schedule()
  }
  const schedule = (): void => {
    timer = setTimeout(() => void check(), HEALTH.everyMs).unref() // a check never throws
  }
  schedule()
  return () => clearTimeout(timer)
}
