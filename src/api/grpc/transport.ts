import { create, fromBinary, toBinary, type DescMessage, type DescMethodStreaming, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf'
import type { Transport } from '@connectrpc/connect'
import type { ClientHttp2Session } from 'node:http2'
import { callUnary, openCall, type ClientCall } from './clientCall.ts'
import type { Metadata } from './metadata.ts'
import { methodPath } from './serviceRoutes.ts'

type ToError = (error: unknown, path: string) => unknown

/**
 * The calls of connect's typed clients, on one HTTP/2 connection, which is asked for with each call. `toError` turns
 * what a call of the method at `path` fails with into what the caller is to see; it is not asked about an abort.
 */
export function createTransport(session: () => ClientHttp2Session, toError: ToError): Transport {
  return {
    // eslint-disable-next-line max-params -- connect's Transport has five
    async unary(method, signal, timeoutMs, header, input) {
      const callerSignal = withTimeout(signal, timeoutMs)
      const request = { message: encode(method.input, input), metadata: toMetadata(header) }
      const path = methodPath(method)
      const reply = await mapped(callUnary(session(), path, request, callerSignal), callerSignal, (error) => toError(error, path))
      return Object.assign(answerHead(method), { stream: false as const, message: fromBinary(method.output, reply) })
    },
    // eslint-disable-next-line max-params -- connect's Transport has five
    async stream(method, signal, timeoutMs, header, input) {
      const callerSignal = withTimeout(signal, timeoutMs)
      const path = methodPath(method)
      const call = openCall(session(), path, toMetadata(header), callerSignal)
      void sendAll(method, call, input) // a failed sending shows in what is read
      return Object.assign(answerHead(method), { stream: true as const, message: readAll(method.output, call, callerSignal, (error) => toError(error, path)) })
    },
  }
}

/** connect wants headers and trailers; ours hold nothing that a caller asks for. Node loads a whole HTTP client for the first `Headers`. */
function answerHead<M extends DescMethodUnary | DescMethodStreaming>(method: M): { service: M['parent']; method: M; header: Headers; trailer: Headers } {
  return {
    service: method.parent,
    method,
    get header() {
      return new Headers()
    },
    get trailer() {
      return new Headers()
    },
  }
}

function withTimeout(signal: AbortSignal | undefined, timeoutMs: number | undefined): AbortSignal {
  const signals = [...(signal === undefined ? [] : [signal]), ...(timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)])]
  return AbortSignal.any(signals)
}

/** connect's type for headers is the DOM's, which Node's types do not have. */
function toMetadata(header: unknown): Metadata {
  if (header === undefined) return new Map()
  return new Map([...new Headers(header as ConstructorParameters<typeof Headers>[0])].map(([key, value]) => [key, [value]]))
}

function encode<I extends DescMessage>(schema: I, input: MessageInitShape<I>): Uint8Array {
  return toBinary(schema, create(schema, input))
}

async function sendAll<I extends DescMessage>(method: DescMethodStreaming<I>, call: ClientCall, input: AsyncIterable<MessageInitShape<I>>): Promise<void> {
  try {
    for await (const message of input) await call.send(encode(method.input, message))
  } catch {
    return
  } finally {
    call.closeSend()
  }
}

async function* readAll<O extends DescMessage>(schema: O, call: ClientCall, signal: AbortSignal, toError: (error: unknown) => unknown): AsyncGenerator<MessageShape<O>> {
  try {
    for await (const message of call.messages) yield fromBinary(schema, message)
  } catch (error) {
    throw signal.aborted ? signal.reason : await toError(error)
  } finally {
    call.cancel()
  }
}

async function mapped<T>(result: Promise<T>, signal: AbortSignal, toError: (error: unknown) => unknown): Promise<T> {
  try {
    return await result
  } catch (error) {
    throw signal.aborted ? signal.reason : await toError(error)
  }
}
