import { spawn } from 'node:child_process'

export interface DetachedProcessOptions {
  readonly cwd: string
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Starts `argv` in a session of its own, without files or anybody who waits for it. Where it cannot be started, nothing is. */
export function startDetachedProcess(argv: readonly [string, ...string[]], { cwd, env }: DetachedProcessOptions): void {
  const [file, ...args] = argv
  const child = spawn(file, args, { cwd, env, detached: true, stdio: 'ignore' })
  child.on('error', () => undefined)
  child.unref()
}
