import { Socket } from 'node:net'
import type { EngineClient, EngineStream } from '../driver.ts'
import { createEngineClient } from '../engineClient.ts'
import { watchLink } from './linkWatch.ts'

/** The engine at the end of `stream`, whose calls fail with EngineLostError where the way there is cut without a word, too. */
export function createWatchedClient(stream: EngineStream, name: string): EngineClient {
  const { connection, silenceMs, isSameMachine } = stream
  let silence: string | undefined
  const engine = createEngineClient(connection, { isSameMachine, name, whyEnded: async () => silence ?? (await stream.whyEnded?.()) ?? '' })
  if (silenceMs === undefined || !(connection instanceof Socket)) return engine
  const watch = watchLink({
    bytesRead: () => connection.bytesRead,
    ask: () => void engine.control.info({}).catch(() => undefined), // a buildkitd too old for it says so, in bytes
    giveUp(silentMs) {
      silence = `nothing has come from it for ${silentMs / 1000} s`
      connection.destroy()
    },
  }, silenceMs)
  connection.once('close', () => watch[Symbol.dispose]())
  return engine
}
