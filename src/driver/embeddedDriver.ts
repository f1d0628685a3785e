import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { namespaceArgv, type Environment } from '../kit/enterNamespaces.ts'
import { orAborted } from '../kit/singleFlight.ts'
import { frugalNode } from '../kit/process/frugalNode.ts'
import { startSocketProcess, type SocketProcess } from '../kit/process/socketProcess.ts'
import { EngineUnavailableError, type Driver, type EngineClient, type EngineStream } from './driver.ts'
import { createEngineClient } from './engineClient.ts'
import { parseLogLine } from './engineLog.ts'
import { describeEngine, packagedEngine, type EngineProgram } from './engineProgram.ts'
import { programEnvironment } from './programs/programEnvironment.ts'
import { ensureRuntimeFolder } from './runtimeFolder.ts'
import { createSocketDriver } from './socketDriver.ts'

/** Longer than that only an engine is silent that is stopped. */
const ANSWER_MS = 3_000
/** How long a command waits for the engine that ends with it. */
const END_MS = 5_000
/** Longer than that a log is begun anew. */
const MAX_LOG_BYTES = 1024 * 1024

export interface EmbeddedDriverOptions {
  readonly env: Environment
  /** The engine's program, as Node runs it; absent, that of this package. */
  readonly entry?: string
}

/**
 * An engine of the user's own, in namespaces of its own: the one that lingers from an earlier command, else a new one
 * with a socket pair to this process. Commands at once may start two: one then gets the socket for those to come.
 */
export function createEmbeddedDriver({ env, entry = packagedEngine() }: EmbeddedDriverOptions): Driver {
  const findPlace = async (): Promise<EnginePlace> => {
    const userId = userInfo().uid
    const program = describeEngine(entry, env, userId)
    return { program, base: join(await ensureRuntimeFolder(env, userId), program.key), env, userId }
  }
  const connect = async (place: EnginePlace, signal: AbortSignal): Promise<EngineClient> => (await joinEngine(place, signal)) ?? (await startEngine(place, signal))
  return {
    name: 'embedded',
    connect: async (signal) => await connect(await findPlace(), signal),
    attach: async (signal) => await joinEngine(await findPlace(), signal),
    async dial(signal) {
      const place = await findPlace()
      return await dialBeside(await connect(place, signal), place, signal)
    },
  }
}

/** A second connection to an engine, which stays as long as that does: the first one speaks HTTP/2 already. */
async function dialBeside(engine: EngineClient, place: EnginePlace, signal: AbortSignal): Promise<EngineStream> {
  try {
    const stream = await socketOf(place).dial(signal)
    stream.connection.once('close', () => void engine[Symbol.asyncDispose]())
    return stream
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}

/** Undefined where none takes the connection: a lingering engine does so at once, or is about to end. Nobody else is at its socket, so nothing need be asked of it. */
async function joinEngine(place: EnginePlace, signal: AbortSignal): Promise<EngineClient | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  let engine: EngineClient | undefined
  try {
    engine = await socketOf(place).connect(limit)
    await engine.begun(limit)
    return engine
  } catch {
    await engine?.[Symbol.asyncDispose]()
    signal.throwIfAborted()
    return undefined
  }
}

function socketOf({ base }: EnginePlace): Driver {
  return createSocketDriver(`unix://${encodeURI(`${base}.sock`)}`)
}

interface EnginePlace {
  readonly program: EngineProgram
  /** Of the socket's and the log's paths. */
  readonly base: string
  readonly env: Environment
  readonly userId: number
}

async function startEngine(place: EnginePlace, signal: AbortSignal): Promise<EngineClient> {
  using log = openLog(`${place.base}.log`)
  const child = launch(place, log.fd)
  const engine = createEngineClient(child.connection, { isSameMachine: true, name: 'embedded' })
  try {
    await orAborted(Promise.race([engine.control.info({}, { signal }), failedStart(child, log)]), signal)
  } catch (error) {
    child.stop()
    await engine[Symbol.asyncDispose]()
    signal.throwIfAborted()
    throw error instanceof EngineUnavailableError ? error : startError(log, error)
  }
  return place.program.lingerSeconds > 0 ? engine : endingTogether(engine, child)
}

function launch({ program, base, env, userId }: EnginePlace, stderrFd: number): SocketProcess {
  const { entry, root, lingerSeconds } = program
  const own = ['--fd', '3', '--socket', `${base}.sock`, '--linger', String(lingerSeconds), '--root', root]
  const node = frugalNode(entry, own, programEnvironment(env))
  return startSocketProcess(namespaceArgv(node.argv, env, userId), { cwd: '/', env: node.env, stderrFd })
}

/** Rejects when the engine ends, or was never there. */
async function failedStart(child: SocketProcess, log: EngineLog): Promise<never> {
  try {
    await child.exitCode
  } catch (error) {
    throw startError(log, error)
  }
  throw startError(log, undefined)
}

function startError(log: EngineLog, cause: unknown): EngineUnavailableError {
  const { message, hint } = parseLogLine(log.lastLine())
  const reason = message === '' && cause instanceof Error ? cause.message : message
  return new EngineUnavailableError(`the engine did not start${reason === '' ? '' : `: ${reason}`}`, { hint: hint ?? 'pelago doctor says what this machine lacks', cause })
}

/** So that nothing of the store is in use any more when the command is over. */
function endingTogether(engine: EngineClient, child: SocketProcess): EngineClient {
  return {
    ...engine,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      const limit = AbortSignal.timeout(END_MS)
      await orAborted(child.exitCode, limit).catch(() => child.stop())
    },
  }
}

/** What engines of one key said on their standard error. */
interface EngineLog extends Disposable {
  readonly fd: number
  /** Of what was said since it was opened, the last line that speaks of an error, else the last; '' where that is nothing. */
  lastLine(): string
}

function openLog(path: string): EngineLog {
  const fd = openSync(path, 'a+', 0o600)
  if (fstatSync(fd).size > MAX_LOG_BYTES) ftruncateSync(fd)
  const start = fstatSync(fd).size
  return {
    fd,
    lastLine() {
      const tail = Buffer.alloc(Math.min(64 * 1024, fstatSync(fd).size - start))
      readSync(fd, tail, 0, tail.byteLength, fstatSync(fd).size - tail.byteLength)
      const lines = tail.toString().trimEnd().split('\n')
      return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? ''
    },
    [Symbol.dispose]: () => closeSync(fd),
  }
}
