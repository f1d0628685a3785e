import { spawn } from 'node:child_process'

export interface DetachedProcessOptions {
  readonly cwd: string
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Starts `argv` in a session of its own, without files or anybody who waits for it. Its stdin is a socket that nobody
 * holds, so that to open /dev/stdin fails, rather than finds nothing in it. Where it cannot be started, nothing is.
 */
export function startDetachedProcess(argv: readonly [string, ...string[]], { cwd, env }: DetachedProcessOptions): void {
  const [file, ...args] = argv
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.on('error', () => undefined)
  child.stdin.on('error', () => undefined).destroy()
  child.unref()
}
