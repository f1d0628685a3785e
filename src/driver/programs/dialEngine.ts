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

export interface DialProgram extends Pick<UserProgram, 'argv' | 'env'> {
  /** Absent, as long as an engine far away may take. */
  readonly answerMs?: number
}

export type Dialed = ({ readonly kind: 'engine' } & Reached) | { readonly kind: 'failed'; readonly failure: DialFailure }

/** One that is there answers within that time, however far away it is. */
const ANSWER_MS = 30_000

/** What a broken stream's program needs to say why. */
const LAST_WORDS_MS = 2_000

/** Starts the program with `words`, and takes its input and output for a connection to an engine, which has to answer within `answerMs`. A program that leads to none is ended. @throws signal.reason */
export async function dialEngine({ argv, env, answerMs = ANSWER_MS }: DialProgram, words: readonly string[], signal: AbortSignal): Promise<Dialed> {
  signal.throwIfAborted()
  const [file, ...first] = argv
  const open = (): ProgramStream => openProgramStream([file, ...first, ...words], { cwd: '/', env, hasTerminal: false })
  const stream = open()
  const engine = createEngineClient(stream.connection, { isSameMachine: false })
  const limit = AbortSignal.timeout(answerMs)
  try {
    if (await answersWithin(limit, engine, stream, signal)) return { kind: 'engine', engine, openAnother: open }
    const exitCode = await orAborted(stream.exitCode, AbortSignal.any([signal, AbortSignal.timeout(LAST_WORDS_MS)])).catch(() => 0)
    signal.throwIfAborted()
    stream.stop()
    await engine[Symbol.asyncDispose]()
    const said = stream.said()
    return { kind: 'failed', failure: { exitCode, said: said === '' && limit.aborted ? `no answer within ${answerMs / 1000} s` : said } }
  } catch (error) {
    stream.stop()
    await engine[Symbol.asyncDispose]()
    throw error
  }
}

/** Whether the engine answers before the program ends, and before `limit`. @throws signal.reason */
async function answersWithin(limit: AbortSignal, engine: EngineClient, stream: ProgramStream, signal: AbortSignal): Promise<boolean> {
  const either = AbortSignal.any([signal, limit])
  try {
    return await orAborted(answers(engine, stream, either), either)
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error
    return false
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
