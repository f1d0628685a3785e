import type { Duplex } from 'node:stream'
import { toStatus } from '../api/errorMapping.ts'
import { Control } from '../api/gen/control_pb.ts'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../api/gen/health_pb.ts'
import { openHttp2Server, sessionClosed } from '../api/grpc/http2Connection.ts'
import { serveCalls, type CallHandler } from '../api/grpc/serverCall.ts'
import { createServiceRoutes, methodPath, type ServiceRoutes } from '../api/grpc/serviceRoutes.ts'
import type { GrpcStatus } from '../api/grpc/status.ts'
import { BuildError } from '../ground/errors.ts'
import { createConnectionCount } from './connectionCount.ts'
import { createOpenCalls } from './openCalls.ts'
import type { SessionManager } from './session/sessionManager.ts'
import { listenOnSocket } from './listen/socketListener.ts'

export interface ServerServices {
  readonly sessions: SessionManager
  /** Adds Control (but for its `session`), LocalEngine and what else is served to peers of one kind; a call that is not there answers UNIMPLEMENTED. */
  readonly addRoutes: (routes: ServiceRoutes, peer: Peer) => void
  /** Told of errors that are bugs, for the operator; the client sees their message only. */
  readonly onBug: (error: unknown) => void
  /** Told of each call as it comes. */
  readonly onCall?: (path: string) => void
  /** Told of each call that is over. */
  readonly afterCall?: () => void
}

/** Who is at the other end of a connection. */
export interface Peer {
  /** Known to be of this machine and user: it may name folders for the engine to read. */
  readonly isTrusted: boolean
}

/** BuildKit's API on byte streams: HTTP/2 without TLS. Disposing closes all connections, listens no more, and waits for what was being done for them. */
export interface Server extends AsyncDisposable {
  /** Takes a connection over; it is served until either side closes it. */
  serve(connection: Duplex, peer: Peer): void
  /**
   * Takes connections on a unix socket that only this user can reach; a file that a dead engine left there is
   * replaced. False where another engine has the path: what comes there is its own.
   */
  listen(path: string, peer: Peer): Promise<boolean>
  /** Resolves when there was no connection for `lingerMs`; from then on it listens no more. @throws signal.reason */
  idle(lingerMs: number, signal: AbortSignal): Promise<void>
}

export function createServer({ sessions, addRoutes, onBug, onCall, afterCall }: ServerServices): Server {
  const routesFor = (peer: Peer): ServiceRoutes => {
    const routes = createServiceRoutes().service(Health, { check: () => ({ status: ServingStatus.SERVING }) })
    addRoutes(routes, peer)
    return routes
  }
  const [trusted, others] = [routesFor({ isTrusted: true }), routesFor({ isTrusted: false })]
  const connections = createConnectionCount()
  const open = new Set<Duplex>()
  const calls = createOpenCalls(afterCall)
  const listeners: AsyncDisposable[] = []
  const stopListening = async (): Promise<void> => {
    for (const listener of listeners.splice(0)) await listener[Symbol.asyncDispose]()
  }
  const status = (error: unknown): GrpcStatus => {
    if (isBug(error)) onBug(error)
    return toStatus(error)
  }

  const serve = (connection: Duplex, peer: Peer): void => {
    const http = openHttp2Server(connection)
    const routes = peer.isTrusted ? trusted : others
    const serveSession: CallHandler = (call) => sessions.serve(call, peer)
    const find = (path: string): CallHandler | undefined => {
      onCall?.(path)
      const handler = path === SESSION_PATH ? serveSession : routes.find(path)
      return handler === undefined ? undefined : calls.known(handler)
    }
    serveCalls(http, { find, toStatus: status })
    open.add(connection)
    const leave = connections.enter()
    void sessionClosed(http).then(() => {
      open.delete(connection)
      leave()
    })
  }

  return {
    serve,
    async listen(path, peer) {
      const listener = await listenOnSocket({ path, folderMode: 0o700 }, (connection) => serve(connection, peer))
      if (listener !== undefined) listeners.push(listener)
      return listener !== undefined
    },
    async idle(lingerMs, signal) {
      await connections.noneFor(lingerMs, signal)
      await stopListening()
      await connections.noneFor(0, signal) // one may have come in before the socket was gone
    },
    async [Symbol.asyncDispose]() {
      await stopListening()
      for (const connection of open) connection.destroy() // first: a client takes an engine that has gone for another thing than a build that was cancelled
      await calls.end(new DOMException('the engine ends', 'AbortError'))
    },
  }
}

const SESSION_PATH = methodPath(Control.method.session)

function isBug(error: unknown): boolean {
  return error instanceof Error && !(error instanceof BuildError) && error.name !== 'AbortError' && error.name !== 'ConnectError'
}
