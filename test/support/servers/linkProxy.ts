import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A port of this machine that leads elsewhere, over a way that is as bad as a test wants it. */
export interface LinkProxy extends AsyncDisposable {
  readonly port: number
  /** From now on nothing comes through, and nobody is told. */
  cut(): void
  /** From now on it is as fast as the machine. */
  widen(): void
  /** Ends what is open, as a machine that goes down does. */
  reset(): void
}

/** Pieces that a slow link carries at a time. */
const PIECE_BYTES = 16 * 1024

async function* pieces(from: Socket): AsyncGenerator<Buffer> {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (let start = 0; start < chunk.byteLength; start += PIECE_BYTES) yield chunk.subarray(start, start + PIECE_BYTES)
  }
}

export async function startLinkProxy(target: NetConnectOpts, options: { readonly bytesPerSecond?: number } = {}): Promise<LinkProxy> {
  let { bytesPerSecond = Infinity } = options
  let isCut = false
  const over = Promise.withResolvers<undefined>()
  const open = new Set<Socket>()
  const carry = async (from: Socket, to: Socket): Promise<void> => {
    try {
      for await (const piece of pieces(from)) {
        if (bytesPerSecond !== Infinity) await delay((piece.byteLength / bytesPerSecond) * 1000)
        if (isCut) await over.promise // not a return, which would close what is read
        if (!to.write(piece)) await once(to, 'drain')
      }
      if (isCut) await over.promise
      to.end()
    } catch {
      to.destroy()
    }
  }
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...target, allowHalfOpen: true })
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => undefined).once('close', () => open.delete(socket))
    }
    void carry(near, far) // neither rejects
    void carry(far, near)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const reset = (): void => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => void (isCut = true),
    widen: () => void (bytesPerSecond = Infinity),
    reset,
    async [Symbol.asyncDispose]() {
      server.close()
      reset()
      over.resolve(undefined)
      await Promise.resolve()
    },
  }
}
