import { connect, createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { BuildError, InvalidValueError } from '../../ground/errors.ts'

/** A container shares the machine's network, so its port is open there already; another number is forwarded to it. */
export interface PortForward {
  /** '' is every address. */
  readonly hostIp: string
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp'
}

/** Listens until disposed; connections under way are then broken. @throws PortUnavailableError; InvalidValueError for what cannot be forwarded */
export async function openPortForwards(forwards: readonly PortForward[], signal: AbortSignal): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  for (const forward of forwards.filter(({ hostPort, containerPort }) => hostPort !== containerPort)) {
    stack.use(await listen(forward, signal))
  }
  return stack.move()
}

async function listen({ hostIp, hostPort, containerPort, protocol }: PortForward, signal: AbortSignal): Promise<AsyncDisposable> {
  if (protocol === 'udp') throw new InvalidValueError(`port ${hostPort}/udp cannot be forwarded to ${containerPort}`, { hint: `publish it under its own number: -p ${containerPort}:${containerPort}/udp` })
  const end = new AbortController()
  const server = createServer((incoming) => {
    const outgoing = connect(containerPort, '127.0.0.1')
    const both = AbortSignal.any([signal, end.signal])
    for (const joined of [pipeline(incoming, outgoing, { signal: both }), pipeline(outgoing, incoming, { signal: both })]) {
      joined.catch(() => [incoming, outgoing].forEach((socket) => socket.destroy())) // one side broke off: so does the other
    }
  })
  try {
    server.listen({ port: hostPort, ...(hostIp === '' ? {} : { host: hostIp }), signal })
    await once(server, 'listening', { signal })
  } catch (error) {
    throw new PortUnavailableError(hostPort, error)
  }
  return {
    async [Symbol.asyncDispose]() {
      end.abort()
      await close(server)
    },
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  await closed
}

export class PortUnavailableError extends BuildError {
  readonly kind = 'unavailable'
  constructor(port: number, cause: unknown) {
    super(`cannot listen on port ${port}: ${cause instanceof Error ? cause.message : String(cause)}`, { hint: 'choose another with -p HOST:CONTAINER', cause })
  }
}
