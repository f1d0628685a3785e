import { connect, performServerHandshake, type ClientHttp2Session, type Http2Session, type ServerHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'

/** HTTP/2's own 64 KiB would make each file of a build context wait for the round trips of its windows. */
const STREAM_WINDOW_BYTES = 4 * 1024 * 1024
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024
/** A status detail holds a Dockerfile in base64; 64 KiB, Node's default, is not enough for that. */
const MAX_HEADER_BYTES = 1024 * 1024

const SETTINGS = { initialWindowSize: STREAM_WINDOW_BYTES, maxHeaderListSize: MAX_HEADER_BYTES, enablePush: false }
const OPTIONS = {
  settings: SETTINGS,
  maxSendHeaderBlockLength: MAX_HEADER_BYTES,
  /** MB. Node refuses new streams past it, and counts what waits in the windows: 10, its default, are three full ones. */
  maxSessionMemory: 256,
}

/**
 * The calling end of HTTP/2 without TLS on any byte stream. To close it destroy the stream, not the session: Node 24
 * fails an assertion of its own where a session on a stream that is no socket is destroyed while it writes.
 */
export function openHttp2Client(connection: Duplex): ClientHttp2Session {
  const session = connect('http://localhost', { ...OPTIONS, createConnection: () => connection })
  session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES))
  return quiet(session)
}

/** The called end; closed in the same way. */
export function openHttp2Server(connection: Duplex): ServerHttp2Session {
  const session = performServerHandshake(connection, OPTIONS)
  session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
  return quiet(session)
}

/** To be called right after `session` is opened. Resolves when the other end has said its first word, which is its settings; rejects where it ends before. */
export async function sessionBegun(session: ClientHttp2Session): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    session.once('remoteSettings', () => resolve())
    session.once('close', () => reject(new Error('the connection ended before anything was said')))
  })
}

/** Resolves when `session` is over, in whatever way. */
export async function sessionClosed(session: Http2Session): Promise<void> {
  if (session.destroyed) return
  await new Promise<void>((resolve) => session.once('close', resolve))
}

/** What breaks a connection shows in each of its calls; an unheard 'error' would end the process. */
function quiet<S extends Http2Session>(session: S): S {
  session.on('error', () => undefined)
  return session
}
