import type { Duplex, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { orAborted } from '../../../kit/singleFlight.ts'

export interface JoinedStreams {
  readonly input: Readable
  readonly output: Writable
}

/** How long the engine may take to end a connection whose other end is gone. */
const END_MS = 5_000

/** Carries bytes both ways until the engine's side ends; `connection` is over then. The end of the input is told on. @throws signal.reason */
export async function joinStreams(connection: Duplex, { input, output }: JoinedStreams, signal: AbortSignal): Promise<void> {
  // a side that breaks ends the other one, and is no failure of this command
  const there = pipeline(input, connection, { signal }).catch(() => undefined)
  const back = pipeline(connection, output, { signal, end: false }).catch(() => undefined)
  void there.then(() => setTimeout(() => connection.destroy(), END_MS).unref())
  try {
    await orAborted(back, signal)
  } finally {
    connection.destroy()
  }
}
