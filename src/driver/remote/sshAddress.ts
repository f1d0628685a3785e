import { InvalidValueError } from '../../ground/errors.ts'

/** A machine as `ssh` is told of it, and where its engine listens. */
export interface SshAddress {
  /** As the user wrote it. */
  readonly text: string
  /** A host's name, or what the user's ssh configuration calls one. */
  readonly host: string
  /** '' where the user's configuration is to say it. */
  readonly user: string
  /** '' where the user's configuration is to say it. */
  readonly port: string
  /** Absolute; '' where what is there is to be found out. */
  readonly socket: string
}

/**
 * What is in it goes to programs, and the socket through a shell of the other machine, whichever that is: so the
 * characters that mean something to any of these are refused.
 * @throws InvalidValueError
 */
export function parseSshAddress(text: string): SshAddress {
  const [, login = '', host = '', port = '', path = ''] = ADDRESS.exec(text) ?? []
  const socket = path === '/' ? '' : path
  const wrong = CHECKS.find(({ isWrong }) => isWrong({ login, host, port, socket }))
  if (wrong !== undefined) throw new InvalidValueError(`invalid address of an engine: ${JSON.stringify(text.replace(/:[^/@]*@/, ':…@'))}: ${wrong.reason}`, { hint: 'write ssh://[USER@]HOST[:PORT][/path/to/socket]' })
  return { text, host: host.replace(/^\[|\]$/g, ''), user: login, port, socket }
}

const ADDRESS = /^ssh:\/\/(?:([^/@]*)@)?(\[[\w.:%]+\]|[^/:@?#]*)(?::(\d*))?(\/.*)?$/

interface AddressParts {
  readonly login: string
  readonly host: string
  readonly port: string
  readonly socket: string
}

/** The first that is wrong is told. */
const CHECKS: readonly { readonly reason: string; readonly isWrong: (parts: AddressParts) => boolean }[] = [
  { reason: 'a password does not belong in an address', isWrong: ({ login }) => login.includes(':') },
  { reason: 'it names no host', isWrong: ({ host }) => host === '' },
  { reason: 'the host has characters that no host has', isWrong: ({ host }) => !/^[\w[][\w.:%\]-]*$/.test(host) },
  { reason: 'the user has characters that no user has', isWrong: ({ login }) => !/^(?:\w[\w.@+-]*)?$/.test(login) },
  { reason: 'a port is a number from 1 to 65535', isWrong: ({ port }) => port !== '' && !(Number(port) >= 1 && Number(port) <= 65_535) },
  { reason: 'the path of the socket may have letters, digits and ./+:,=@-_ in it', isWrong: ({ socket }) => !/^[\w./+:,=@-]*$/.test(socket) },
]
