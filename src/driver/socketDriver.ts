import { once } from 'node:events'
import { lstat } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { InvalidValueError } from '../ground/errors.ts'
import { isLoopbackHost } from '../kit/loopback.ts'
import { EngineUnavailableError, type Driver } from './driver.ts'
import { parseSocketAddress, type SocketTarget } from './socketAddress.ts'
import { createStreamDriver } from './streamDriver.ts'

/**
 * An engine that listens already: `unix:///path` or `tcp://host:port`. Without TLS, so over TCP on this machine only.
 * @throws InvalidValueError on any other address
 */
export function createSocketDriver(address: string): Driver {
  const target = parseSocketAddress(address)
  if (target.kind === 'tcp' && !isLoopbackHost(target.host)) throw new InvalidValueError(`an engine at ${JSON.stringify(target.host)} cannot be reached without TLS`, { hint: `make it a builder with its certificates: pelago create --driver-opt cacert=FILE,cert=FILE,key=FILE ${address}; or go there by ssh://${target.host}` })
  return createStreamDriver({
    name: address,
    open: async (signal) => {
      const isSameMachine = target.kind === 'unix' && (await isOwn(target.path))
      const connection = await openSocket(address, target, signal)
      return { connection, isSameMachine, ...(target.kind === 'tcp' && { whyEnded: async () => whyClosed(connection) }) }
    },
  })
}

/** @throws EngineUnavailableError; signal.reason */
async function openSocket(address: string, target: SocketTarget, signal: AbortSignal): Promise<Socket> {
  const socket = target.kind === 'unix' ? connect(target.path) : connect(target.port, target.host)
  try {
    await once(socket, 'connect', { signal })
    return socket
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    throw new EngineUnavailableError(`no engine answers at ${address}`, { hint: 'start one there, or leave out --builder to use the embedded one', cause: error })
  }
}

/** HTTP/2's shortest frame; an alert of TLS is shorter. */
const SHORTEST_FRAME_BYTES = 9

/** '' where the other end has spoken HTTP/2. */
function whyClosed({ bytesRead }: Socket): string {
  return bytesRead < SHORTEST_FRAME_BYTES ? 'it closed the connection before it said anything, as a server does that expects TLS: give its certificates, by pelago create --driver-opt cacert=FILE,cert=FILE,key=FILE' : ''
}

/** An engine of another user may not read what this one may. */
async function isOwn(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).uid === process.getuid?.()
  } catch {
    return false // then there is nothing to connect to either, which is told there
  }
}
