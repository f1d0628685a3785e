import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions } from 'node:tls'
import { formatTcpAddress } from '../../engine/config/listenAddress.ts'
import type { ServerTls } from '../../engine/config/serveSettings.ts'
import { isLoopbackHost } from '../../kit/loopback.ts'
import { ListenError, TlsMissingError } from './listenError.ts'

/** A client that is gone without a word is noticed after a few minutes. */
const KEEP_ALIVE_MS = 60_000
const HANDSHAKE_MS = 10_000

export interface ListenerEvents {
  /** Of a client that is let in. */
  readonly onConnection: (connection: Socket) => void
  /** Of one that is not. */
  readonly onRefused: (peer: string, reason: string) => void
}

export interface OpenListener extends AsyncDisposable {
  /** Host and port; undefined for a unix socket. */
  readonly bound: AddressInfo | undefined
}

/** A port, or a file descriptor of a socket that listens already. */
export type ListenPlace = { readonly host: string; readonly port: number } | { readonly fd: number }

/**
 * Takes connections: over TCP with `tls` those of clients that have a certificate of its authorities, without it those
 * of this machine; at a unix socket, which may be inherited too, all. Disposing takes no more.
 * @throws ListenError on TLS material that is none, or none where others reach the port
 */
export async function listenOnNetwork(place: ListenPlace, tls: ServerTls | undefined, events: ListenerEvents): Promise<OpenListener> {
  const server = createServer()
  server.listen(place)
  await once(server, 'listening')
  const address = server.address()
  const bound = typeof address === 'string' || address === null ? undefined : address
  try {
    if (bound !== undefined && tls === undefined && !isLoopbackHost(bound.address)) throw new TlsMissingError(formatTcpAddress(bound.address, bound.port))
    const take = bound !== undefined && tls !== undefined ? mutualTls(tls, events) : events.onConnection
    server.on('connection', (socket) => {
      socket.setNoDelay(true)
      socket.setKeepAlive(true, KEEP_ALIVE_MS)
      take(socket)
    })
  } catch (error) {
    server.close()
    throw error
  }
  return {
    bound,
    async [Symbol.asyncDispose]() {
      server.close() // not awaited, for it waits for the connections too
    },
  }
}

/**
 * gRPC over TLS: HTTP/2 by ALPN, and nothing is served before the handshake has told who is there. A server for each
 * connection, since Node's drops a client whose certificate is not good without a word, and it is to be known which.
 */
function mutualTls({ certificate, key, authorities }: ServerTls, { onConnection, onRefused }: ListenerEvents): (raw: Socket) => void {
  const options: TlsOptions = { cert: certificate, key, ca: authorities, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2', ALPNProtocols: ['h2'], handshakeTimeout: HANDSHAKE_MS }
  openTlsServer(options)
  return (raw) => {
    const peer = raw.remoteAddress ?? ''
    let isSettled = false
    const refuse = (reason: string): void => {
      if (!isSettled) onRefused(peer, reason)
      isSettled = true
    }
    const server = openTlsServer(options)
    server.on('secureConnection', (socket) => {
      isSettled = true
      onConnection(socket)
    })
    server.on('tlsClientError', (error) => refuse(refusalOf(error)))
    raw.once('close', () => refuse('its certificate is not valid now, or of none of the authorities of --tlscacert'))
    server.emit('connection', raw)
  }
}

/** @throws ListenError */
function openTlsServer(options: TlsOptions): TlsServer {
  try {
    return createTlsServer(options)
  } catch (error) {
    throw new ListenError('the TLS certificate and key cannot be used', { hint: 'all of --tlscert, --tlskey and --tlscacert are PEM files, and the key is the certificate’s', cause: error })
  }
}

/** OpenSSL's reason, in words where it is one of the usual. */
function refusalOf({ code = '', message }: NodeJS.ErrnoException): string {
  return REFUSALS.get(code) ?? `${code}${code === '' ? '' : ': '}${message}`
}

const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'the client has no certificate'],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'the client does not speak HTTP/2'],
  ['ERR_SSL_HTTP_REQUEST', 'the client speaks no TLS'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the client speaks no TLS'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'the client speaks no TLS 1.2 or newer'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'the client does not know the authority of --tlscert'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'the client does not accept the certificate of --tlscert'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'the client did not finish the handshake'],
  ['ECONNRESET', 'the client went away in the handshake'],
])
