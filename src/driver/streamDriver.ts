import type { Duplex } from 'node:stream'
import type { Driver, EngineClient } from './driver.ts'
import { createEngineClient } from './engineClient.ts'

/** An engine that is there answers within that time, if nothing else is said. */
const ANSWER_MS = 3_000

/** How a byte stream to an engine is had, and what is known of who answers there. */
export interface EngineStreams {
  /** The address as people write it. */
  readonly name: string
  /** A new stream, which who asks owns. @throws EngineUnavailableError; signal.reason */
  open(signal: AbortSignal): Promise<EngineStream>
  /** How long `attach` waits for an answer, in milliseconds. */
  readonly answerMs?: number
}

export interface EngineStream {
  /** BuildKit's API at the other end, as HTTP/2 without TLS of its own. Destroying it ends what carries it. */
  readonly connection: Duplex
  /** Whether the engine is of this machine and user, so that it may read the user's folders itself. */
  readonly isSameMachine: boolean
}

/** A driver that starts nothing: what `open` reaches is there or is not. */
export function createStreamDriver(streams: EngineStreams): Driver {
  const { name, answerMs = ANSWER_MS } = streams
  const connectTo = async (signal: AbortSignal): Promise<EngineClient> => {
    const { connection, isSameMachine } = await streams.open(signal)
    return createEngineClient(connection, { isSameMachine })
  }
  return {
    name,
    connect: connectTo,
    async attach(signal) {
      let engine: EngineClient | undefined
      try {
        engine = await connectTo(AbortSignal.any([signal, AbortSignal.timeout(answerMs)]))
        await engine.control.info({}, { signal, timeoutMs: answerMs })
        return engine
      } catch {
        signal.throwIfAborted()
        await engine?.[Symbol.asyncDispose]()
        return undefined
      }
    },
  }
}
