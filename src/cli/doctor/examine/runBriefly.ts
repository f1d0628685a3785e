import type { Environment } from '../../../kit/enterNamespaces.ts'
import { openSubprocess } from '../../../kit/process/subprocess.ts'
import { collectBounded } from '../../collectBounded.ts'

/** Programs that are asked for their version or abilities say no more. */
const MAX_BYTES = 64 * 1024

export interface BriefRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program that says a few lines; one that cannot be started ends with 127, and its error is what it said. */
export async function runBriefly(argv: readonly [string, ...string[]], env: Environment, signal: AbortSignal): Promise<BriefRun> {
  const set = Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  await using child = openSubprocess(argv, { cwd: '/', env: Object.fromEntries(set) }, signal)
  const [stdout, stderr, ended] = await Promise.all([
    collectBounded(child.stdout, MAX_BYTES, `the output of ${argv[0]}`),
    collectBounded(child.stderr, MAX_BYTES, `the output of ${argv[0]}`),
    child.exitCode.then((exitCode) => ({ exitCode, failure: '' }), (error: unknown) => ({ exitCode: 127, failure: String(error) })),
  ])
  signal.throwIfAborted()
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
  return { exitCode: ended.exitCode, stdout: text(stdout), stderr: text(stderr) + ended.failure }
}
