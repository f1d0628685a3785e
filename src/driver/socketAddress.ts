import { InvalidValueError } from '../ground/errors.ts'

/** Where an engine listens. */
export type SocketTarget = { readonly kind: 'unix'; readonly path: string } | TcpTarget

export interface TcpTarget {
  readonly kind: 'tcp'
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
}

/** @throws InvalidValueError unless it is `unix:///path` or `tcp://host:port` */
export function parseSocketAddress(address: string): SocketTarget {
  const url = parseUrl(address)
  if (url?.protocol === 'unix:' && url.host === '' && url.pathname.length > 1) return { kind: 'unix', path: decodeURIComponent(url.pathname) }
  return parseTcpAddress(address)
}

/** @throws InvalidValueError unless it is `tcp://host:port` */
export function parseTcpAddress(address: string): TcpTarget {
  const url = parseUrl(address)
  if (url?.protocol !== 'tcp:' || url.port === '' || url.hostname === '') throw new InvalidValueError(`invalid engine address: ${JSON.stringify(address)}`, { hint: 'write unix:///path/to/socket, tcp://host:port or ssh://user@host' })
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) }
}

function parseUrl(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined
}
