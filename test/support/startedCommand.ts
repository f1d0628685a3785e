import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:net'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Pelago } from './pelago.ts'

/** A command that runs, to be met in the middle of its work. Disposing it kills it where it has not ended. */
export interface StartedCommand extends AsyncDisposable {
  readonly pid: number
  /** Resolves once it has printed what `pattern` matches. @throws when it ends before */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** All that it has printed until now. */
  output(): string
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<EndedCommand>
}

export interface EndedCommand {
  /** `SIGKILL` and the like where a signal ended it. */
  readonly status: number | NodeJS.Signals
  /** Standard output and error as they came. */
  readonly output: string
}

export const PROGRAM = fileURLToPath(new URL('../../bin/pelago', import.meta.url))

export function startPelago(pelago: Pick<Pelago, 'env' | 'folder'>, args: readonly string[], settings: Readonly<Record<string, string>> = {}): StartedCommand {
  return startCommand(pelago, [PROGRAM, ...args], settings)
}

/** Any program, which may inherit sockets that listen as its files from 3 on. */
export function startCommand({ env, folder }: Pick<Pelago, 'env' | 'folder'>, argv: readonly string[], settings: Readonly<Record<string, string>> = {}, sockets: readonly Server[] = []): StartedCommand {
  const [file = '', ...args] = argv
  const child = spawn(file, args, { cwd: folder, env: { ...env, ...settings }, stdio: ['ignore', 'pipe', 'pipe', ...sockets.map(fileOf)] }) as ChildProcessByStdio<null, Readable, Readable>
  let output = ''
  let changed = Promise.withResolvers<boolean>()
  const tell = (goesOn: boolean): void => {
    changed.resolve(goesOn)
    if (goesOn) changed = Promise.withResolvers()
  }
  const add = (chunk: Buffer): void => {
    output += chunk.toString()
    tell(true)
  }
  child.stdout.on('data', add)
  child.stderr.on('data', add)
  const wait = async (): Promise<EndedCommand> => {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    tell(false)
    return { status: code ?? signal ?? -1, output }
  }
  const ended = wait()
  return {
    pid: child.pid ?? -1,
    async printed(pattern) {
      for (;;) {
        const found = pattern.exec(output)
        if (found !== null) return found
        if (!(await changed.promise)) throw new Error(`${argv.join(' ')} ended and never printed ${String(pattern)}:\n${output}`)
      }
    },
    output: () => output,
    kill: (signal) => void child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Node has no public way to it. */
function fileOf(server: Server): number {
  return (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd
}
