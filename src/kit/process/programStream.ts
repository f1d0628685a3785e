import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitForExit } from './waitForExit.ts'

export interface ProgramStreamOptions {
  readonly cwd: string
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** Whether it has this process's terminal, to ask its user on; Ctrl-C then reaches it too. */
  readonly hasTerminal: boolean
}

/** A program whose standard input and output are one byte stream, such as `ssh` and `docker exec` make them. */
export interface ProgramStream {
  /** Destroying it ends the program, and so does the end of this process, however it comes. */
  readonly connection: Duplex
  /** The last of what the program has said on its standard error. */
  readonly said: () => string
  /** 128 + the signal's number where a signal ended it, 127 where there is no such program. What it said is read by then. */
  readonly exitCode: Promise<number>
  /** For a program that may not look at its input yet. */
  stop(): void
}

/** Of a standard error no more is kept. */
const MAX_SAID_CHARACTERS = 8 * 1024

/** How long it may take to end after its input has ended. */
const GRACE_MS = 1_000

/** One socket for both directions, which Node can make on any file but 0 to 2: a shell moves it there, and becomes the program. */
const ON_ONE_SOCKET = 'exec "$@" <&3 >&3 3>&-'

/** Starts `argv`, in a session of its own unless it is to have the terminal. */
export function openProgramStream(argv: readonly [string, ...string[]], { cwd, env, hasTerminal }: ProgramStreamOptions): ProgramStream {
  const child = spawn('/bin/sh', ['-c', ON_ONE_SOCKET, 'sh', ...argv], { cwd, env, detached: !hasTerminal, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  const connection = child.stdio[3]
  if (!(connection instanceof Duplex)) throw new TypeError('a piped file of a child is no byte stream')
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-MAX_SAID_CHARACTERS)))
  const exitCode = waitForEnd(child)
  exitCode.catch(() => connection.destroy()) // whoever wants it awaits it; until then a failed spawn is no unhandled rejection
  const stop = (): void => {
    connection.destroy()
    child.kill('SIGTERM')
  }
  // its input has ended, so it ends by itself, in good order, unless it hangs
  connection.once('close', () => void setTimeout(() => child.kill('SIGTERM'), GRACE_MS).unref())
  connection.on('error', () => undefined) // EPIPE and the like: the stream's end says it
  return { connection, said: () => said, exitCode, stop }
}

/** What it started may hold its standard error open for good. */
const LAST_WORDS_MS = 200

async function waitForEnd(child: ChildProcess): Promise<number> {
  const words = child.stderr === null ? undefined : once(child.stderr, 'close')
  const exitCode = await waitForExit(child)
  await Promise.race([words, sleep(LAST_WORDS_MS, undefined, { ref: false })])
  return exitCode
}
