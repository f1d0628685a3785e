import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { runCommandLine, type Surroundings } from './dispatch.ts'

export interface Called {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CallOptions extends Partial<Pick<Surroundings, 'env' | 'workingFolder' | 'now'>> {
  readonly input?: string
  /** What the command is told at once. */
  readonly signals?: readonly NodeJS.Signals[]
}

/** Runs a command line within this process, which spares the start of another. */
export async function callCommand(argv: readonly string[], { env = {}, workingFolder = '/nonexistent', now = () => 0, input = '', signals = [] }: CallOptions): Promise<Called> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const code = await runCommandLine(argv, {
    env,
    workingFolder,
    openStdin: () => stdin.end(input),
    stdout,
    stderr,
    now,
    onSignal(handler) {
      signals.forEach(handler)
      return () => undefined
    },
    exit: () => assert.fail('nothing ends the process here'),
  })
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
}
