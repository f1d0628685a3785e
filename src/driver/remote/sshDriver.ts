import { isatty } from 'node:tty'
import { findProgram, type Environment } from '../../kit/enterNamespaces.ts'
import { createLimit } from '../../kit/limit.ts'
import { openProgramStream, type ProgramStream } from '../../kit/process/programStream.ts'
import { orAborted } from '../../kit/singleFlight.ts'
import { EngineUnavailableError, type Driver, type EngineStream } from '../driver.ts'
import { programEnvironment } from '../programs/programEnvironment.ts'
import { createStreamDriver } from '../streamDriver.ts'
import { nextChunk, speaksFirst } from './nextChunk.ts'
import { parseRemoteAnswer, remoteCommand, type RemoteAnswer } from './remoteProgram.ts'
import { parseSshAddress, type SshAddress } from './sshAddress.ts'
import { describeSshFailure, lastLine } from './sshFailure.ts'

export interface SshDriverOptions {
  readonly env: Environment
  /** How long the other machine may take until an engine answers there, unless the user is asked something. */
  readonly timeoutMs: number
  /** How long nothing may come from there before it is asked for a sign of life. */
  readonly silenceMs: number
  /** Whether ssh may ask its user on the terminal; absent, whether there is one. */
  readonly hasTerminal?: boolean
}

/**
 * An engine on another machine, through the user's own `ssh`: its configuration, agent, known hosts and shared
 * connections all hold. One connection finds out what is there and carries the stream; it is asked without questions
 * first, so that several nodes may be reached at once, and a second time where ssh wants an answer and there is a terminal.
 * @throws InvalidValueError on an address that is none
 */
export function createSshDriver(text: string, { env, timeoutMs, silenceMs, hasTerminal = isatty(2) }: SshDriverOptions): Driver {
  const address = parseSshAddress(text)
  const openQuietly = async (signal: AbortSignal): Promise<EngineStream> => await openSsh({ address, env, timeoutMs, silenceMs, mayAsk: false }, signal)
  return createStreamDriver({
    name: text,
    answerMs: timeoutMs,
    openQuietly,
    async open(signal) {
      try {
        return await openQuietly(signal)
      } catch (error) {
        if (!hasTerminal || !(error instanceof UnansweredQuestionError)) throw error
        return await oneQuestion.run(() => openSsh({ address, env, timeoutMs, silenceMs, mayAsk: true }, signal), signal)
      }
    },
  })
}

/** There is one terminal: the questions of several nodes come one after the other. */
const oneQuestion = createLimit(1)

/** ssh would go on if its user answered. */
class UnansweredQuestionError extends EngineUnavailableError {}

interface SshCall {
  readonly address: SshAddress
  readonly env: Environment
  readonly timeoutMs: number
  readonly silenceMs: number
  readonly mayAsk: boolean
}

async function openSsh(call: SshCall, signal: AbortSignal): Promise<EngineStream> {
  const program = openProgramStream(sshArgv(call), { cwd: '/', env: programEnvironment(call.env), hasTerminal: call.mayAsk })
  const limit = call.mayAsk ? signal : AbortSignal.any([signal, AbortSignal.timeout(call.timeoutMs)])
  try {
    const answer = await orAborted(readAnswer(program, call), limit)
    if (answer.kind === 'nothing') throw nothingThere(call.address, answer)
    if (!(await orAborted(speaksFirst(program.connection), limit))) throw await endedEarly(program, call)
    return { connection: program.connection, isSameMachine: false, silenceMs: call.silenceMs, whyEnded: async () => lastLine(await lastWords(program)) }
  } catch (error) {
    program.stop()
    signal.throwIfAborted()
    throw limit.aborted ? tooLate(call, program.said()) : error
  }
}

/** As `scp` has it: nothing of the user's configuration but what leads to the machine. */
const FOR_A_STREAM = ['RemoteCommand=none', 'ClearAllForwardings=yes', 'PermitLocalCommand=no'] as const
/** ssh ends by itself where the other end is silent for three times that long, even if this process is gone. */
const ALIVE_SECONDS = 15

function sshArgv({ address: { host, user, port, socket }, env, timeoutMs, mayAsk }: SshCall): readonly [string, ...string[]] {
  const ssh = findProgram('ssh', env)
  if (ssh === undefined) throw new EngineUnavailableError('there is no ssh on PATH', { hint: 'install openssh-client' })
  const options = [...FOR_A_STREAM, `BatchMode=${mayAsk ? 'no' : 'yes'}`, `ConnectTimeout=${Math.ceil(timeoutMs / 1000)}`, `ServerAliveInterval=${ALIVE_SECONDS}`]
  const login = [...(user === '' ? [] : ['-l', user]), ...(port === '' ? [] : ['-p', port])]
  return [ssh, '-T', ...options.flatMap((option) => ['-o', option]), ...login, '--', host, remoteCommand(socket)]
}

/** Takes from the stream what comes before the engine's bytes. */
async function readAnswer(program: ProgramStream, call: SshCall): Promise<RemoteAnswer> {
  const { connection } = program
  let bytes = Buffer.alloc(0)
  for (;;) {
    const chunk = await nextChunk(connection)
    if (chunk === undefined) throw await endedEarly(program, call)
    bytes = Buffer.concat([bytes, chunk])
    const found = parseRemoteAnswer(bytes)
    if (found === 'too-much') throw new EngineUnavailableError(`${call.address.text} sends something else than an engine's stream`, { hint: `commands over ssh must print nothing by themselves: see ssh ${call.address.host} true` })
    if (found === undefined) continue
    if (found.rest < bytes.byteLength) connection.unshift(bytes.subarray(found.rest))
    return found.answer
  }
}

async function endedEarly(program: ProgramStream, { address, mayAsk }: SshCall): Promise<EngineUnavailableError> {
  const exitCode = await program.exitCode
  const { message, hint, wantsAnswer } = describeSshFailure(address.host, { exitCode, said: program.said() })
  const ErrorClass = wantsAnswer && !mayAsk ? UnansweredQuestionError : EngineUnavailableError
  return new ErrorClass(`no engine answers at ${address.text}: ${message}`, { hint })
}

function nothingThere({ text, host, socket }: SshAddress, { searchPath }: { readonly searchPath: string }): EngineUnavailableError {
  const wanted = socket === '' ? 'neither pelago, nor buildctl with a buildkitd, nor docker buildx' : 'neither pelago nor buildctl'
  const folders = searchPath.replace(/\p{Cc}+/gu, ' ')
  return new EngineUnavailableError(`no engine answers at ${text}: there is ${wanted} on ${host}`, { hint: `install Pelago there, or link it to a folder where commands over ssh are looked for: ${folders}` })
}

function tooLate({ address, timeoutMs }: SshCall, said: string): EngineUnavailableError {
  const words = lastLine(said)
  return new EngineUnavailableError(`no engine answers at ${address.text} within ${timeoutMs / 1000} s${words === '' ? '' : `: ${words}`}`, { hint: `see whether ssh ${address.host} true comes back; --driver-opt timeout=60s waits longer` })
}

async function lastWords(program: ProgramStream): Promise<string> {
  await program.exitCode.catch(() => undefined)
  return program.said()
}
