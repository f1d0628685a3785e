import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { toStatus } from '../../api/errorMapping.ts'
import { Control } from '../../api/gen/control_pb.ts'
import { openHttp2Server } from '../../api/grpc/http2Connection.ts'
import type { Metadata } from '../../api/grpc/metadata.ts'
import { serveCalls } from '../../api/grpc/serverCall.ts'
import { methodPath } from '../../api/grpc/serviceRoutes.ts'
import { LENDS_HEADER } from '../../api/lentFile.ts'
import { openLate } from '../../api/lateSession.ts'
import { createTunnel } from '../../api/tunnel.ts'
import type { EngineClient } from '../driver.ts'
import { createSessionServices, SESSION_METHODS, type SessionContents } from './sessionServices.ts'

/** An open session. Disposing ends it, and with it what the engine does for it. */
export interface HostedSession extends AsyncDisposable {
  readonly id: string
}

/** Opens a session with `engine` and serves `contents` in it: HTTP/2 inside the call, in which the engine is the client. */
export function openSession(engine: EngineClient, contents: SessionContents, signal: AbortSignal): HostedSession {
  const id = randomUUID()
  const call = engine.openCall(methodPath(Control.method.session), sessionHeaders(id, contents, engine), signal)
  const tunnel = createTunnel(call)
  tunnel.on('error', () => undefined) // what breaks the session breaks the build, which tells of it
  openLate(tunnel, (stream) => {
    const services = createSessionServices(contents)
    serveCalls(openHttp2Server(stream), { find: (path) => services.find(path), toStatus })
  })
  return {
    id,
    async [Symbol.asyncDispose]() {
      tunnel.destroy()
      call.cancel()
    },
  }
}

function sessionHeaders(id: string, contents: SessionContents, { isSameMachine }: EngineClient): Metadata {
  return new Map<string, readonly string[]>([
    ['x-docker-expose-session-uuid', [id]],
    ['x-docker-expose-session-name', ['pelago']],
    ['x-docker-expose-session-sharedkey', [sharedKey(contents)]],
    ['x-docker-expose-session-grpc-method', SESSION_METHODS],
    ...(isSameMachine ? ([['x-pelago-folders', [formatFolders(contents)]], [LENDS_HEADER, ['1']]] as const) : []),
  ])
}

/** Equal for the builds of one folder of one machine, so that the engine takes what it has of it from the last build. */
function sharedKey({ folders }: SessionContents): string {
  return createHash('sha256').update(`${hostname()}\0${folders.get('context') ?? ''}`).digest('hex').slice(0, 32)
}

/** What is given as bytes stands before a folder of its name. */
function formatFolders({ folders, files }: SessionContents): string {
  return encodeURIComponent(JSON.stringify(Object.fromEntries([...folders].filter(([name]) => !files.has(name)))))
}
