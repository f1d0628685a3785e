import { fromBinary, toBinary, create } from '@bufbuild/protobuf'
import { Duplex } from 'node:stream'
import { BytesMessageSchema } from './gen/control_pb.ts'
import type { MessageOutlet } from './grpc/messageOutlet.ts'

/** What Go's side writes at most in one message. */
const MAX_MESSAGE_BYTES = 32 * 1024

/** One side of a call whose messages are BytesMessage. */
export interface BytesCall extends MessageOutlet {
  readonly messages: AsyncIterable<Uint8Array>
  /** Says that no more comes from here; where the side cannot say so, the call's end does. */
  closeSend(): void
}

/**
 * The byte stream inside a call: `Control.Session` carries an HTTP/2 connection that way, `ForwardAgent` an ssh agent's.
 * Pulled on the one side, held up on the other where there is no room. Destroying it stops the reading of the call.
 */
export function createTunnel(call: BytesCall): Duplex {
  const incoming = call.messages[Symbol.asyncIterator]()
  const tunnel = new Duplex({
    allowHalfOpen: false,
    read: () => void pull(tunnel, incoming),
    write: (chunk: Uint8Array, _encoding, done) => void settle(sendAll(call, chunk), done),
    final: (done) => {
      call.closeSend()
      done()
    },
    destroy: (error, done) => {
      call.closeSend()
      incoming.return?.().catch(() => undefined) // not awaited: it waits for the read under way, that only the call's end settles
      done(error)
    },
  })
  return tunnel
}

async function pull(tunnel: Duplex, incoming: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    for (;;) {
      const next = await incoming.next()
      if (tunnel.destroyed) return
      const bytes = next.done === true ? null : fromBinary(BytesMessageSchema, next.value).data
      if (bytes?.byteLength === 0) continue // pushing nothing would not ask for more
      tunnel.push(bytes)
      return
    }
  } catch (error) {
    tunnel.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

async function sendAll(call: BytesCall, chunk: Uint8Array): Promise<void> {
  for (let start = 0; start < chunk.byteLength; start += MAX_MESSAGE_BYTES) {
    await call.send(toBinary(BytesMessageSchema, create(BytesMessageSchema, { data: chunk.subarray(start, start + MAX_MESSAGE_BYTES) })))
  }
}

async function settle(work: Promise<void>, done: (error?: Error) => void): Promise<void> {
  try {
    await work
    done()
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)))
  }
}
