import { runCommandLine } from './dispatch.ts'
import { flush } from './terminal.ts'
import { leaveWarmProcess, WARM } from './warm/leaveWarmProcess.ts'

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// What a command waits for may not hold the event loop itself, as an engine's process that may outlive it.
setInterval(() => undefined, 2 ** 30)

const [first, second = ''] = process.argv.slice(2)
if (first === WARM) void import('./warm/warmProcess.ts').then(({ beWarmProcess }) => beWarmProcess(second))
else void runOwnCommand()

async function runOwnCommand(): Promise<never> {
  // A reader that went away, such as `| head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  const warmSocket = takeWarmSocket()
  const code = await runCommandLine(process.argv.slice(2), {
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
  })
  for (const stream of [process.stdout, process.stderr]) await flush(stream)
  if (warmSocket !== undefined) leaveWarmProcess(warmSocket, process.env)
  // Not left to the event loop: an idle connection must not keep the prompt from coming back.
  process.exit(code)
}

/** Of `pelago-call`, to this process and nobody whom it starts. */
function takeWarmSocket(): string | undefined {
  const path = process.env['PELAGO_WARM_SOCKET']
  delete process.env['PELAGO_WARM_SOCKET']
  return path
}
