import type { Duplex } from 'node:stream'
import { once } from '../kit/once.ts'

/**
 * The HTTP/2 inside `tunnel`, which `open` begins when it is first asked for, or when the other end begins it: where
 * client and engine share a machine, most builds ask their client for nothing. An end of the tunnel is noticed before that, too.
 */
export function openLate<S>(tunnel: Duplex, open: (tunnel: Duplex) => S): () => S {
  const session = once(() => {
    tunnel.off('readable', look)
    return open(tunnel)
  })
  const look = (): void => {
    if (tunnel.readableLength > 0) session()
    else tunnel.read() // at its end, which is told to who reads
  }
  tunnel.on('readable', look)
  return session
}
