import { constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { orAborted } from '../../kit/singleFlight.ts'
import { decodeFrames } from './frames.ts'
import { createMessageOutlet, type MessageOutlet } from './messageOutlet.ts'
import { formatMetadata, type Metadata } from './metadata.ts'
import { decodeStatus, GRPC, GrpcStatusError, LostCallError, statusError } from './status.ts'

/** One call of any kind, seen by its caller. */
export interface ClientCall extends MessageOutlet {
  /** No more messages come from here. */
  closeSend(): void
  /** Ends where the status is OK. To be read once; it may be left early. @throws GrpcStatusError; `signal.reason` */
  readonly messages: AsyncIterable<Uint8Array>
  /** For who has read what it wants: says so to the other side and waits for the call's end. @throws GrpcStatusError; `signal.reason` */
  finish(): Promise<void>
  /** For who gives up. Does nothing where the call is over. */
  cancel(): void
}

/** Calls `path` (`/package.Service/Method`). An abort resets the stream. */
export function openCall(session: ClientHttp2Session, path: string, metadata: Metadata, signal: AbortSignal): ClientCall {
  signal.throwIfAborted()
  const reset = new AbortController()
  const stream = requestStream(session, { path, metadata }, reset.signal)
  const status = watchStatus(stream, session)
  const cancel = (): void => {
    if (!status.isSettled()) reset.abort()
  }
  signal.addEventListener('abort', cancel, { once: true })
  stream.once('close', () => signal.removeEventListener('abort', cancel))
  const failure = (): unknown => (signal.aborted ? signal.reason : (status.failed() ?? statusError(GRPC.unavailable, 'the call is over')))
  return {
    ...createMessageOutlet(stream, failure),
    closeSend: () => void stream.end(),
    messages: readMessages(stream, status.settled, signal),
    cancel,
    async finish() {
      stream.end()
      stream.resume()
      await orAborted(status.settled, signal)
    },
  }
}

/** One message there, one back. @throws GrpcStatusError; `signal.reason` */
export async function callUnary(session: ClientHttp2Session, path: string, request: { readonly message: Uint8Array; readonly metadata: Metadata }, signal: AbortSignal): Promise<Uint8Array> {
  const call = openCall(session, path, request.metadata, signal)
  const sent = call.send(request.message).catch(() => undefined) // what stops the sending is what the reading throws
  call.closeSend()
  let reply: Uint8Array | undefined
  for await (const message of call.messages) reply ??= Uint8Array.from(message)
  await sent
  if (reply === undefined) throw statusError(GRPC.internal, `${path} answered without a message`)
  return reply
}

/** An abort resets the stream; `stream.close` would end it first, and a half-sent archive would look whole. */
function requestStream(session: ClientHttp2Session, { path, metadata }: { path: string; metadata: Metadata }, reset: AbortSignal): ClientHttp2Stream {
  if (session.destroyed || session.closed) throw new LostCallError('the connection is closed')
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', 'user-agent': 'pelago', ...formatMetadata(metadata) }
  const stream = session.request(headers, { signal: reset })
  stream.on('error', () => undefined) // told by the status: a stream without one was broken
  return stream
}

interface WatchedStatus {
  /** Resolves on OK, rejects with a GrpcStatusError. */
  readonly settled: Promise<void>
  failed(): GrpcStatusError | undefined
  isSettled(): boolean
}

/** The status stands in the trailers, or in the headers of an answer that has nothing else ("Trailers-Only"). */
function watchStatus(stream: ClientHttp2Stream, session: ClientHttp2Session): WatchedStatus {
  let failure: GrpcStatusError | undefined
  let isSettled = false
  const settled = new Promise<void>((resolve, reject) => {
    const fail = (error: GrpcStatusError): void => {
      isSettled = true
      failure ??= error
      reject(failure)
    }
    const settle = (status: ReturnType<typeof decodeStatus>): void => {
      if (status === undefined) return
      if (status.code !== GRPC.ok) {
        fail(new GrpcStatusError(status))
        return
      }
      isSettled = true
      resolve()
    }
    stream.once('response', (headers) => settle(decodeStatus(headers) ?? httpFailure(headers)))
    stream.once('trailers', (headers: IncomingHttpHeaders) => {
      settle(decodeStatus(headers))
      if (!stream.writableEnded) stream.end()
    })
    stream.once('close', () => fail(session.closed || session.destroyed ? new LostCallError(closeReason(stream)) : statusError(GRPC.unavailable, closeReason(stream))))
  })
  settled.catch(() => undefined) // thrown where the messages are read
  return { settled, failed: () => failure, isSettled: () => isSettled }
}

function closeReason({ rstCode }: ClientHttp2Stream): string {
  const isClosed = rstCode === constants.NGHTTP2_NO_ERROR || rstCode === constants.NGHTTP2_CANCEL
  return isClosed ? 'the other end closed the connection' : `the call was reset with HTTP/2 code ${rstCode}`
}

function httpFailure(headers: IncomingHttpHeaders): ReturnType<typeof decodeStatus> {
  const code = headers[':status']
  if (Number(code) === 200) return undefined
  return { code: Number(code) === 404 ? GRPC.unimplemented : GRPC.unavailable, message: `the server answered with HTTP status ${String(code)}`, details: [] }
}

async function* readMessages(stream: ClientHttp2Stream, settled: Promise<void>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* decodeFrames(untilBroken(stream))
    await settled
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

/** The stream's bytes; a break of the connection is an end, since the status tells of it. */
async function* untilBroken(stream: ClientHttp2Stream): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array
  } catch {
    return
  }
}
