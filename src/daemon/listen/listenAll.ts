import type { Socket } from 'node:net'
import { formatTcpAddress } from '../../engine/config/listenAddress.ts'
import type { Listener, ServerTls, ServeSettings } from '../../engine/config/serveSettings.ts'
import type { Peer } from '../server.ts'
import { ListenError, listenErrorOf } from './listenError.ts'
import { listenOnNetwork, type ListenPlace } from './networkListener.ts'
import { listenOnSocket } from './socketListener.ts'

export interface ListenEvents {
  readonly onConnection: (connection: Socket, peer: Peer) => void
  /** Of a client that TLS does not let in. */
  readonly onRefused: (peer: string, reason: string) => void
}

export interface OpenListeners extends AsyncDisposable {
  /** As clients write them. */
  readonly addresses: readonly string[]
}

/** Of a socket's folder: whom it is for may pass through. */
const OWN_FOLDER = 0o700
const SHARED_FOLDER = 0o711

/**
 * Takes connections everywhere that the settings say, or nowhere. Trusted is only who comes by a unix socket that is
 * this user's alone.
 * @throws ListenError
 */
export async function listenAll({ listeners, tls }: Pick<ServeSettings, 'listeners' | 'tls'>, events: ListenEvents): Promise<OpenListeners> {
  await using undo = new AsyncDisposableStack()
  const addresses: string[] = []
  for (const listener of listeners) {
    try {
      const { address, ...open } = await listenAt(listener, tls, events)
      undo.use(open)
      addresses.push(address ?? nameOf(listener))
    } catch (error) {
      throw listenErrorOf(nameOf(listener), error)
    }
  }
  const held = undo.move()
  return { addresses, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

interface Listening extends AsyncDisposable {
  /** Undefined where it is what the listener says. */
  readonly address: string | undefined
}

async function listenAt(listener: Listener, tls: ServerTls | undefined, events: ListenEvents): Promise<Listening> {
  switch (listener.kind) {
    case 'unix': {
      const peer = { isTrusted: !listener.isShared }
      const open = await listenOnSocket({ path: listener.path, folderMode: listener.isShared ? SHARED_FOLDER : OWN_FOLDER }, (connection) => events.onConnection(connection, peer))
      if (open === undefined) throw new ListenError(`${nameOf(listener)} is in use`, { hint: 'another engine serves there: stop it, or choose another --addr' })
      return { ...open, address: undefined }
    }
    case 'tcp':
      return await listenOnPlace({ host: listener.host, port: listener.port }, tls, events)
    case 'inherited':
      return await listenOnPlace({ fd: listener.fd }, tls, events)
  }
}

async function listenOnPlace(place: ListenPlace, tls: ServerTls | undefined, { onConnection, onRefused }: ListenEvents): Promise<Listening> {
  const { bound, ...open } = await listenOnNetwork(place, tls, { onConnection: (connection) => onConnection(connection, { isTrusted: false }), onRefused })
  return { ...open, address: bound === undefined ? undefined : formatTcpAddress(bound.address, bound.port) }
}

function nameOf(listener: Listener): string {
  switch (listener.kind) {
    case 'unix':
      return `unix://${listener.path}`
    case 'tcp':
      return formatTcpAddress(listener.host, listener.port)
    case 'inherited':
      return `fd://${listener.name}`
  }
}
