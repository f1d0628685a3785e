import { create, fromBinary, toBinary, type DescMessage, type DescMethod, type DescService, type MessageShape } from '@bufbuild/protobuf'
import { createContextValues, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { GRPC, statusError } from './status.ts'
import type { CallHandler, ServerCall } from './serverCall.ts'

/** The services of a server by path. */
export interface ServiceRoutes {
  /** Methods that `implementation` leaves out answer UNIMPLEMENTED. */
  service<S extends DescService>(service: S, implementation: Partial<ServiceImpl<S>>): ServiceRoutes
  /** A method served on the level of messages; it stands before a `service`'s. */
  call(path: string, handler: CallHandler): ServiceRoutes
  find(path: string): CallHandler | undefined
}

export function createServiceRoutes(): ServiceRoutes {
  const calls = new Map<string, CallHandler>()
  const methods = new Map<string, CallHandler>()
  const routes: ServiceRoutes = {
    service(service, implementation) {
      for (const method of service.methods) {
        const serve = (implementation as Record<string, unknown>)[method.localName]
        if (typeof serve === 'function') methods.set(methodPath(method), serveMethod(method, serve.bind(implementation) as Serve))
      }
      return routes
    },
    call(path, handler) {
      calls.set(path, handler)
      return routes
    },
    find: (path) => calls.get(path) ?? methods.get(path),
  }
  return routes
}

/** `/package.Service/Method` */
export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`
}

/** What `ServiceImpl` has, its four kinds of methods seen as one. */
type Serve = (request: unknown, context: HandlerContext) => unknown

function serveMethod(method: DescMethod, serve: Serve): CallHandler {
  return async (call) => {
    const requests = decodeMessages(method.input, call.messages)
    const takesOne = method.methodKind === 'unary' || method.methodKind === 'server_streaming'
    const answer = serve(takesOne ? await onlyOne(requests, call.path) : requests, contextOf(method, call))
    if (isAsyncIterable(answer)) {
      for await (const message of answer) await call.send(encode(method.output, message))
    } else {
      await call.send(encode(method.output, await answer))
    }
  }
}

/** Implementations may answer with plain objects, as `create` takes them. */
function encode(schema: DescMessage, message: unknown): Uint8Array {
  return toBinary(schema, create(schema, message as MessageShape<DescMessage>))
}

async function* decodeMessages(schema: DescMessage, messages: AsyncIterable<Uint8Array>): AsyncGenerator<MessageShape<DescMessage>> {
  for await (const message of messages) yield fromBinary(schema, message)
}

async function onlyOne<T>(messages: AsyncIterable<T>, path: string): Promise<T> {
  for await (const message of messages) return message
  throw statusError(GRPC.invalidArgument, `${path} was called without a message`)
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** What connect's handlers get. Node loads a whole HTTP client for the first `Headers`, so they are made for who asks. */
function contextOf(method: DescMethod, { path, metadata, signal }: ServerCall): HandlerContext {
  return {
    service: method.parent,
    method,
    protocolName: 'grpc',
    requestMethod: 'POST',
    url: `http://localhost${path}`,
    signal,
    timeoutMs: () => undefined,
    values: createContextValues(),
    get requestHeader() {
      return new Headers([...metadata].flatMap(([key, values]) => values.map((value): [string, string] => [key, value])))
    },
    get responseHeader() {
      return new Headers()
    },
    get responseTrailer() {
      return new Headers()
    },
  }
}
