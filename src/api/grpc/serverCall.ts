import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { decodeFrames } from './frames.ts'
import { createMessageOutlet, type MessageOutlet } from './messageOutlet.ts'
import { firstValue, parseMetadata, type Metadata } from './metadata.ts'
import { encodeStatus, GRPC, GrpcStatusError, statusError, type GrpcStatus } from './status.ts'

/** One call of any kind, seen by who serves it. The headers of the answer have gone out before a handler is asked: Go's clients wait for them. */
export interface ServerCall extends MessageOutlet {
  /** `/package.Service/Method` */
  readonly path: string
  readonly metadata: Metadata
  /** Ends when the caller has no more. To be read once. */
  readonly messages: AsyncIterable<Uint8Array>
  /** Aborted when the caller cancels, its connection breaks or its deadline is over. */
  readonly signal: AbortSignal
}

/** Ends the call: with OK when it resolves, else with the status of what it throws. */
export type CallHandler = (call: ServerCall) => Promise<void>

export interface CallServer {
  /** Undefined answers UNIMPLEMENTED. */
  find(path: string): CallHandler | undefined
  toStatus(error: unknown): GrpcStatus
}

/** Serves the calls that come in on `session`, any number at once, until it is closed. */
export function serveCalls(session: ServerHttp2Session, server: CallServer): void {
  session.on('stream', (stream: ServerHttp2Stream, headers, _flags, rawHeaders: readonly string[]) => {
    const path = headers[':path'] ?? ''
    void serveCall(stream, { path, metadata: parseMetadata(rawHeaders) }, server) // it throws nothing: all ends in a status
  })
}

async function serveCall(stream: ServerHttp2Stream, request: Pick<ServerCall, 'path' | 'metadata'>, server: CallServer): Promise<void> {
  stream.on('error', () => undefined) // a broken call aborts its signal
  const signal = callSignal(stream, request.metadata)
  const trailers = Promise.withResolvers<GrpcStatus>()
  stream.once('wantTrailers', () => void trailers.promise.then((status) => sendTrailers(stream, status)))
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'buildkit-current-timestamp': new Date().toISOString() }, { waitForTrailers: true })
  trailers.resolve(await runCall(stream, { ...request, signal }, server))
  if (stream.destroyed) return
  stream.end()
  stream.resume() // what the caller still sends is let go, or its end would never be seen
}

async function runCall(stream: ServerHttp2Stream, request: Pick<ServerCall, 'path' | 'metadata' | 'signal'>, server: CallServer): Promise<GrpcStatus> {
  try {
    const handler = server.find(request.path)
    if (handler === undefined) throw statusError(GRPC.unimplemented, `unknown method ${request.path}`)
    const outlet = createMessageOutlet(stream, () => (request.signal.aborted ? request.signal.reason : statusError(GRPC.cancelled, 'the call is over')))
    await handler({ ...request, ...outlet, messages: readMessages(stream, request.signal) })
    return { code: GRPC.ok, message: '', details: [] }
  } catch (error) {
    return error instanceof GrpcStatusError ? error.status : server.toStatus(error)
  }
}

function sendTrailers(stream: ServerHttp2Stream, status: GrpcStatus): void {
  if (!stream.destroyed && !stream.closed) stream.sendTrailers(encodeStatus(status))
}

/** A stream that is closed before it was answered was cut off, whatever its reading says. */
async function* readMessages(stream: ServerHttp2Stream, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* decodeFrames(stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
  signal.throwIfAborted()
  if (stream.closed) throw statusError(GRPC.cancelled, 'the caller gave up')
}

function callSignal(stream: ServerHttp2Stream, metadata: Metadata): AbortSignal {
  const controller = new AbortController()
  stream.once('close', () => controller.abort(new DOMException('the caller went away', 'AbortError')))
  const timeoutMs = parseTimeout(firstValue(metadata, 'grpc-timeout') ?? '')
  return timeoutMs === undefined ? controller.signal : AbortSignal.any([controller.signal, AbortSignal.timeout(timeoutMs)])
}

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1000],
  ['m', 1],
  ['u', 0.001],
  ['n', 0.000_001],
])

/** gRPC over HTTP/2, "Timeout": up to eight digits and a unit. */
function parseTimeout(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? []
  const unitMs = UNITS_MS.get(unit)
  // Node's timers end at 2^31 ms; a deadline beyond that is none
  return digits === undefined || unitMs === undefined || Number(digits) * unitMs > 0x7fff_ffff ? undefined : Math.ceil(Number(digits) * unitMs)
}
