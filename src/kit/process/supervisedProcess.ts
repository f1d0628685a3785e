import { spawn } from 'node:child_process'
import { Duplex, type Readable } from 'node:stream'
import { waitForExit } from './waitForExit.ts'

export interface SupervisedProcessOptions {
  readonly cwd: string
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** All that its standard input gives. */
  readonly stdin: Uint8Array
  /** Open files that it has as its files from 4 on, in this order. */
  readonly files: readonly number[]
}

/** A process with a byte stream to this one, which sees its end. */
export interface SupervisedProcess {
  /** The process has the other end as its file 3, and sees by it that this process is gone. */
  readonly connection: Duplex
  readonly stderr: Readable
  /** 128 + the signal's number where a signal ended it. @throws the spawn's own error (`ENOENT`, `EACCES`) */
  readonly exitCode: Promise<number>
  kill(name: NodeJS.Signals): void
}

/** Starts `argv` in a session of its own: a terminal's Ctrl-C comes to this process, which hands it on. */
export function startSupervisedProcess(argv: readonly [string, ...string[]], { cwd, env, stdin, files }: SupervisedProcessOptions): SupervisedProcess {
  const [file, ...args] = argv
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['pipe', 'ignore', 'pipe', 'pipe', ...files] })
  const exitCode = waitForExit(child)
  exitCode.catch(() => undefined) // whoever wants it awaits it; until then a failed spawn is no unhandled rejection
  const connection = child.stdio[3]
  if (!(connection instanceof Duplex) || child.stderr === null || child.stdin === null) throw new TypeError('a piped file of a child is no stream')
  child.stdin.on('error', () => undefined) // a process that ends at once reads nothing: its exit code tells
  child.stdin.end(stdin)
  return { connection, stderr: child.stderr, exitCode, kill: (name) => void child.kill(name) }
}
