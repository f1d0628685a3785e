import { runCommandLine } from './dispatch.ts'

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// A reader that went away, such as `| head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

// What a command waits for may not hold the event loop itself, as an engine's process that may outlive it.
setInterval(() => undefined, 2 ** 30)

void runCommandLine(process.argv.slice(2), {
  env: process.env,
  workingFolder: process.cwd(),
  openStdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
  onSignal(handler) {
    for (const name of ENDING_SIGNALS) process.on(name, handler)
    return () => {
      for (const name of ENDING_SIGNALS) process.off(name, handler)
    }
  },
  exit: (exitCode) => process.exit(exitCode),
}).then(async (code) => {
  for (const stream of [process.stdout, process.stderr]) await flush(stream)
  // Not left to the event loop: an idle connection must not keep the prompt from coming back.
  process.exit(code)
})

/** What a pipe has not taken yet would be lost. */
async function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()))
}
