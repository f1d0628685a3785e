import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { waitForExit } from './waitForExit.ts'

export interface SocketProcessOptions {
  readonly cwd: string
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** An open file for what it says: unlike a pipe it stays when this process ends. */
  readonly stderrFd: number
}

/** A process that may outlive this one, with a byte stream between the two. */
export interface SocketProcess {
  /** The process has the other end as its file 3. */
  readonly connection: Duplex
  /** 128 + the signal's number where a signal ended it. @throws the spawn's own error (`ENOENT`, `EACCES`) */
  readonly exitCode: Promise<number>
  stop(): void
}

/** Starts `argv` in a session of its own, so that a terminal's Ctrl-C does not reach it. This process may end before it does. */
export function startSocketProcess(argv: readonly [string, ...string[]], { cwd, env, stderrFd }: SocketProcessOptions): SocketProcess {
  const [file, ...args] = argv
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'ignore', stderrFd, 'pipe'] })
  child.unref()
  const exitCode = waitForExit(child)
  exitCode.catch(() => undefined) // whoever wants it awaits it; until then a failed spawn is no unhandled rejection
  const connection = child.stdio[3]
  if (!(connection instanceof Duplex)) throw new TypeError('a piped file of a child is no byte stream')
  return { connection, exitCode, stop: () => void child.kill('SIGTERM') }
}
