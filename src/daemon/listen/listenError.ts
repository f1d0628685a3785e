import { BuildError } from '../../ground/errors.ts'

/** An address that cannot be listened at. */
export class ListenError extends BuildError {
  readonly kind = 'unavailable'
}

/** Whoever reaches the port would be let in. */
export class TlsMissingError extends ListenError {
  constructor(address: string) {
    super(`${address} needs mutual TLS`, { hint: 'add --tlscacert, --tlscert and --tlskey, or listen at tcp://127.0.0.1:PORT' })
  }
}

/** What the system says of `address`, in words. */
export function listenErrorOf(address: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  switch (code ?? '') {
    case 'EADDRINUSE':
      return new ListenError(`${address} is in use`, { hint: 'stop what listens there, or choose another --addr', cause: error })
    case 'EACCES':
    case 'EPERM':
      return new ListenError(`not allowed to listen at ${address}`, { hint: 'choose a folder of yours, or a port from 1024 on', cause: error })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ListenError(`${address} is no address of this machine`, { hint: 'choose one that it has, or tcp://0.0.0.0:PORT for all', cause: error })
    case 'EINVAL':
    case 'ENAMETOOLONG':
      return new ListenError(`cannot listen at ${address}`, { hint: 'a path of a unix socket has at most 107 bytes', cause: error })
    default:
      return error
  }
}
