import type { Driver, EngineClient, EngineStream } from './driver.ts'
import { createWatchedClient } from './remote/watchedClient.ts'

/** An engine that is there answers within that time, if nothing else is said. */
const ANSWER_MS = 3_000

/** How a byte stream to an engine is had, and what is known of who answers there. */
export interface EngineStreams {
  /** The address as people write it. */
  readonly name: string
  /** A new stream, which who asks owns. @throws EngineUnavailableError; signal.reason */
  open(signal: AbortSignal): Promise<EngineStream>
  /** The same without a question to the user, where `open` may ask some. */
  openQuietly?(signal: AbortSignal): Promise<EngineStream>
  /** How long `attach` waits for an answer, in milliseconds. */
  readonly answerMs?: number
}

/** A driver that starts nothing: what `open` reaches is there or is not. */
export function createStreamDriver(streams: EngineStreams): Driver {
  const { name, answerMs = ANSWER_MS } = streams
  const clientOf = (stream: EngineStream): EngineClient => createWatchedClient(stream, name)
  const openQuietly = (signal: AbortSignal): Promise<EngineStream> => (streams.openQuietly === undefined ? streams.open(signal) : streams.openQuietly(signal))
  return {
    name,
    ...(streams.answerMs !== undefined && { answerMs: streams.answerMs }),
    connect: async (signal) => clientOf(await streams.open(signal)),
    dial: async (signal) => await streams.open(signal),
    async attach(signal) {
      let engine: EngineClient | undefined
      try {
        engine = clientOf(await openQuietly(AbortSignal.any([signal, AbortSignal.timeout(answerMs)])))
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
