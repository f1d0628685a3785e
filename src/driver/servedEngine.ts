import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { formatServeSettings, type ServeSettings } from '../engine/config/serveSettings.ts'
import { namespaceArgv, type Environment } from '../kit/enterNamespaces.ts'
import { orAborted } from '../kit/singleFlight.ts'
import { frugalNode } from '../kit/process/frugalNode.ts'
import { startSupervisedProcess, type SupervisedProcess } from '../kit/process/supervisedProcess.ts'
import { EngineUnavailableError, type EngineClient } from './driver.ts'
import { createEngineClient } from './engineClient.ts'
import { parseLogLine } from './engineLog.ts'
import { packagedEngine } from './engineProgram.ts'
import { programEnvironment } from './programs/programEnvironment.ts'

export interface ServedEngineOptions {
  readonly env: Environment
  readonly userId: number
  /** Of its store. */
  readonly root: string
  readonly settings: ServeSettings
  /** The open files that the settings' inherited listeners speak of, from 4 on. */
  readonly files: readonly number[]
  /** Each line that it logs, but for why it did not start. */
  readonly onLog: (line: string) => void
}

/** An engine that serves others, as long as this process is there. */
export interface ServedEngine {
  /** @throws EngineUnavailableError where it does not start; signal.reason */
  ready(signal: AbortSignal): Promise<EngineClient>
  /** 0 where it was asked to end. */
  readonly exitCode: Promise<number>
  /** It ends what it runs, and then itself; a second time it is ended where it stands. */
  stop(): void
}

/** Starts it, in namespaces of its own. */
export function startServedEngine({ env, userId, root, settings, files, onLog }: ServedEngineOptions): ServedEngine {
  const node = frugalNode(packagedEngine(), ['--serve', '--fd', '3', '--root', root], programEnvironment(env))
  const child = startSupervisedProcess(namespaceArgv(node.argv, env, userId), { cwd: '/', env: node.env, stdin: formatServeSettings(settings), files })
  const logged = passOnLog(child.stderr, onLog)
  let isStopping = false
  return {
    async ready(signal) {
      const engine = createEngineClient(child.connection, { isSameMachine: true })
      try {
        await orAborted(Promise.race([engine.control.info({}, { signal }), failedStart(child, logged)]), signal)
        return engine
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof EngineUnavailableError) throw error
        return await failedStart(child, logged)
      }
    },
    exitCode: child.exitCode,
    stop() {
      child.kill(isStopping ? 'SIGKILL' : 'SIGTERM')
      isStopping = true
    },
  }
}

/** Rejects when the engine ends, or was never there. */
async function failedStart(child: SupervisedProcess, logged: Promise<string>): Promise<never> {
  const cause = await child.exitCode.then(() => undefined, (error: unknown) => error)
  const { message, hint } = parseLogLine(await logged)
  const reason = message === '' && cause instanceof Error ? cause.message : message
  throw new EngineUnavailableError(reason === '' ? 'the engine did not start' : reason, { hint: hint ?? 'pelago doctor says what this machine lacks', cause })
}

/** Resolves, when all is said, to the line that says why it did not start; else to the last line that is no JSON; '' where there is none. */
async function passOnLog(stderr: Readable, onLog: (line: string) => void): Promise<string> {
  let reason = ''
  for await (const line of createInterface({ input: stderr, crlfDelay: Infinity })) {
    if (line.includes('"event":"start-failed"')) reason = line
    else onLog(line)
    if (!line.startsWith('{') && line !== '') reason = line
  }
  return reason
}
