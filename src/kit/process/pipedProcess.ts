import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { waitForExit } from './waitForExit.ts'

export interface PipedProcessOptions {
  readonly cwd: string
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** What standard input is: nothing, or what `write` writes. */
  readonly input: 'none' | 'pipe'
  /** How it is ended early, on abort and on disposal; must bring about its exit. */
  readonly stop: (process: RunningChild) => Promise<void>
}

/** What `stop` may do by itself. */
export interface RunningChild {
  hasExited(): boolean
  kill(signalName: NodeJS.Signals): void
}

/** A process with a standard input, and with a pipe on its file 3 that it may read commands from. */
export interface PipedProcess extends RunningChild, AsyncDisposable {
  readonly stdout: AsyncIterable<Uint8Array>
  readonly stderr: AsyncIterable<Uint8Array>
  /** Resolves when the process may be given more. Bytes that nobody reads any more are dropped. */
  write(bytes: Uint8Array): Promise<void>
  closeInput(): void
  writeControl(text: string): void
  /** 128 + the signal's number where a signal ended it, as a shell has it. */
  readonly exitCode: Promise<number>
}

/**
 * Starts `argv`; on abort, and on disposal before its end, `stop` is called, and disposal waits for the end.
 * @throws the spawn's own error (`ENOENT`, `EACCES`) through `exitCode`
 */
export function openPipedProcess(argv: readonly [string, ...string[]], options: PipedProcessOptions, signal: AbortSignal): PipedProcess {
  signal.throwIfAborted()
  const [file, ...args] = argv
  const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: [options.input === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'] })
  const exitCode = waitForExit(child)
  exitCode.catch(() => undefined) // whoever wants it awaits it; until then a failed spawn is no unhandled rejection
  const control = child.stdio[3]
  const writers = [child.stdin, control].filter((stream) => stream instanceof Writable)
  for (const writer of writers) writer.on('error', () => undefined) // EPIPE: it has closed its end, as it may
  if (control instanceof Readable) control.resume()
  const running: RunningChild = {
    hasExited: () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined,
    kill: (signalName) => void child.kill(signalName),
  }
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= running.hasExited() ? Promise.resolve() : options.stop(running))
  const onAbort = (): void => void stop().catch(() => child.kill('SIGKILL'))
  signal.addEventListener('abort', onAbort, { once: true })
  return {
    ...running,
    stdout: readableOf(child.stdout),
    stderr: readableOf(child.stderr),
    exitCode,
    write: (bytes) => writeTo(child.stdin, bytes),
    closeInput: () => void child.stdin?.end(),
    writeControl: (text) => void (control instanceof Writable && control.write(text)),
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', onAbort)
      await stop()
      await exitCode.catch(() => undefined)
      for (const stream of child.stdio) stream?.destroy()
    },
  }
}

/** Node's type of a stream that `stdio: 'pipe'` always makes. */
function readableOf(stream: Readable | null): Readable {
  if (stream === null) throw new Error('a pipe was asked for, and none was made')
  return stream
}

async function writeTo(stream: Writable | null, bytes: Uint8Array): Promise<void> {
  if (stream === null || stream.destroyed || stream.writableEnded || stream.write(bytes)) return
  await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => undefined)
}
