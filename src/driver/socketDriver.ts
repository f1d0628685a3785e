import { once } from 'node:events'
import { lstat } from 'node:fs/promises'
import { connect, isIP, type Socket } from 'node:net'
import { InvalidValueError } from '../ground/errors.ts'
import { EngineUnavailableError, type Driver } from './driver.ts'
import { createStreamDriver } from './streamDriver.ts'

/**
 * An engine that listens already: `unix:///path` or `tcp://host:port`. Without TLS, so over TCP on this machine only.
 * @throws InvalidValueError on any other address
 */
export function createSocketDriver(address: string): Driver {
  const target = parseAddress(address)
  return createStreamDriver({
    name: address,
    open: async (signal) => {
      const isSameMachine = target.kind === 'unix' && (await isOwn(target.path))
      return { connection: await openSocket(address, target, signal), isSameMachine }
    },
  })
}

export type SocketTarget = { readonly kind: 'unix'; readonly path: string } | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

function parseAddress(address: string): SocketTarget {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol === 'unix:' && url.host === '' && url.pathname.length > 1) return { kind: 'unix', path: decodeURIComponent(url.pathname) }
  if (url?.protocol !== 'tcp:' || url.port === '') throw new InvalidValueError(`invalid engine address: ${JSON.stringify(address)}`, { hint: 'write unix:///path/to/socket or tcp://127.0.0.1:port' })
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!isLoopback(host)) throw new InvalidValueError(`an engine at ${JSON.stringify(host)} cannot be reached without TLS`, { hint: 'forward its port to this machine, with ssh -L' })
  return { kind: 'tcp', host, port: Number(url.port) }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
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

/** An engine of another user may not read what this one may. */
async function isOwn(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).uid === process.getuid?.()
  } catch {
    return false // then there is nothing to connect to either, which is told there
  }
}
