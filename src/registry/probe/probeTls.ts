import { isIP } from 'node:net'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { createTlsContext } from '../../kit/http.ts'
import { isLoopback, type Endpoint } from '../internal/endpoint.ts'
import { observe, type Observation } from './observation.ts'

const TIMEOUT_MS = 10_000
const SOON_MS = 14 * 24 * 3600 * 1000

/** What certificate the registry shows, and whether it is trusted here. Connects on its own, so a proxy is not used. */
export async function probeTls(endpoint: Endpoint, now: number, signal: AbortSignal): Promise<Observation> {
  const { base, tls } = endpoint
  if (base.protocol === 'http:' && isLoopback(endpoint.host)) return observe('TLS', 'yes', 'it is spoken to by plain HTTP, within this machine')
  if (base.protocol === 'http:') return observe('TLS', 'poor', 'it is spoken to by plain HTTP: what is sent can be read and changed on its way')
  let socket: TLSSocket
  try {
    socket = await openSocket(endpoint, signal)
  } catch (error) {
    signal.throwIfAborted()
    return observe('TLS', 'unknown', `its certificate could not be looked at: ${error instanceof Error ? error.message : String(error)}`)
  }
  const described = `${socket.getProtocol() ?? 'TLS'}, ${describeCertificate(socket.getPeerCertificate())}`
  const leftMs = Date.parse(socket.getPeerCertificate().valid_to) - now
  socket.destroy()
  if (!socket.authorized && tls.isVerified) return observe('TLS', 'no', `${described}; it is not trusted here: ${String(socket.authorizationError)}`)
  if (!tls.isVerified) return observe('TLS', 'poor', `${described}; not verified, since the registry is given as insecure`)
  const by = tls.authorities.length > 0 ? 'trusted by an authority in certs.d or of the system' : 'trusted by an authority of the system'
  return observe('TLS', leftMs < SOON_MS ? 'poor' : 'yes', `${described}; ${by}`)
}

async function openSocket({ base, tls }: Endpoint, signal: AbortSignal): Promise<TLSSocket> {
  const host = base.hostname.replace(/^\[|\]$/g, '')
  const opened = Promise.withResolvers<TLSSocket>()
  const servername = isIP(host) === 0 ? { servername: host } : {}
  // nothing is sent, so that one that is not trusted can be looked at too
  const socket = connect({ host, port: Number(base.port === '' ? 443 : base.port), ...servername, secureContext: createTlsContext(tls), rejectUnauthorized: false, timeout: TIMEOUT_MS }, () => opened.resolve(socket))
  socket.on('error', opened.reject).on('timeout', () => socket.destroy(new Error('no answer in time')))
  const abort = (): void => void socket.destroy(new Error('aborted'))
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await opened.promise
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function describeCertificate({ subject, issuer, valid_to: validTo }: PeerCertificate): string {
  const named = (names: PeerCertificate['subject'] | undefined): string => String(names?.CN ?? names?.O ?? 'nobody')
  return `a certificate for ${named(subject)} by ${named(issuer)}, valid until ${new Date(validTo).toISOString().slice(0, 10)}`
}
