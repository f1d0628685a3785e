import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import { openProgramStream, type ProgramStream } from '../../kit/process/programStream.ts'
import { orAborted } from '../../kit/singleFlight.ts'
import type { EngineClient } from '../driver.ts'
import { createEngineClient } from '../engineClient.ts'
import type { UserProgram } from './runProgram.ts'

/** How a program ended that was to lead to an engine. */
export interface DialFailure {
  readonly exitCode: number
  /** The last of its standard error. */
  readonly said: string
}

/** An engine that answers. */
export interface Reached {
  readonly engine: EngineClient
  /** Another stream to it, by the same program. */
  readonly openAnother: () => ProgramStream
}

export type Dialed = ({ readonly kind: 'engine' } & Reached) | { readonly kind: 'failed'; readonly failure: DialFailure }

/** What a broken stream's program needs to say why. */
const LAST_WORDS_MS = 2_000

/** Starts the program with `words`, and takes its input and output for a connection to an engine, which has to answer. @throws signal.reason */
export async function dialEngine({ argv, env }: UserProgram, words: readonly string[], signal: AbortSignal): Promise<Dialed> {
  signal.throwIfAborted()
  const [file, ...first] = argv
  const open = (): ProgramStream => openProgramStream([file, ...first, ...words], { cwd: '/', env, hasTerminal: false })
  const stream = open()
  const engine = createEngineClient(stream.connection, { isSameMachine: false })
  try {
    if (await orAborted(answers(engine, stream, signal), signal)) return { kind: 'engine', engine, openAnother: open }
    const exitCode = await orAborted(stream.exitCode, AbortSignal.any([signal, AbortSignal.timeout(LAST_WORDS_MS)])).catch(() => 0)
    signal.throwIfAborted()
    await engine[Symbol.asyncDispose]()
    return { kind: 'failed', failure: { exitCode, said: stream.said() } }
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}

/** Whether the engine answers before the program ends. */
async function answers(engine: EngineClient, { exitCode }: ProgramStream, signal: AbortSignal): Promise<boolean> {
  const answered = engine.control.info({}, { signal }).then(
    () => true,
    (error: unknown) => error instanceof UnsupportedByPeerError, // an older buildkitd, which has answered all the same
  )
  return await Promise.race([answered, exitCode.then(() => false)])
}
