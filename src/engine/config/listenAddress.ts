import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { InvalidValueError } from '../../ground/errors.ts'

/** Where an operator wants an engine to listen, as buildkitd's `--addr` has it. */
export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** Sockets of systemd's: all, or the one of this name or number. */
  | { readonly kind: 'fd'; readonly name: string | undefined }

const HINT = 'write unix:///path/to/socket, tcp://HOST:PORT or fd://'

/** @throws InvalidValueError */
export function parseListenAddress(text: string): ListenAddress {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? []
  switch (scheme) {
    case 'unix':
      if (!isAbsolute(rest)) break
      return { kind: 'unix', path: rest }
    case 'tcp':
      return parseTcp(text)
    case 'fd':
      return { kind: 'fd', name: rest === '' || rest === '*' ? undefined : rest }
  }
  throw new InvalidValueError(`invalid address: ${JSON.stringify(text)}`, { hint: scheme === '' && isAbsolute(text) ? `did you mean unix://${text}? ${HINT}` : HINT })
}

/** Without a host it is every address of the machine. */
function parseTcp(text: string): ListenAddress {
  const [, host = '', port = ''] = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[\w.-]*):(\d{1,5})\/?$/.exec(text) ?? []
  if (port === '' || Number(port) > 65_535) throw new InvalidValueError(`invalid address: ${JSON.stringify(text)}`, { hint: HINT })
  return { kind: 'tcp', host: host === '' ? '::' : host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

export function formatTcpAddress(host: string, port: number): string {
  return `tcp://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}
