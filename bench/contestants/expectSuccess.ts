import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** What it may print. */
const MOST_BYTES = 16 * 1024 * 1024

/** Runs what is not measured, and gives its standard output; an interrupt ends it. @throws with what it printed where it fails, or takes longer */
export async function expectSuccess(argv: readonly string[], env: Readonly<Record<string, string>>, { timeoutMs = 300_000, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {}): Promise<string> {
  const [program = '', ...args] = argv
  const { stdout } = await promisify(execFile)(program, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, timeout: timeoutMs, signal, maxBuffer: MOST_BYTES })
  return stdout
}
