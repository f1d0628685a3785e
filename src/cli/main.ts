import { runCommandLine } from './dispatch.ts'
import { EXIT } from './exitCode.ts'
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
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.done : cannotWrite('output', error)))
  process.stderr.on('error', (error: Error) => process.exit(cannotWrite('standard error', error)))
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

/** As native/call/relay.c has it; the exit code. */
function cannotWrite(where: string, { message }: Error): number {
  process.stderr.write(`pelago: cannot write to its ${where}: ${message}\n`)
  return EXIT.engineFailed
}

/** Of `pelago-call`, to this process and nobody whom it starts. */
function takeWarmSocket(): string | undefined {
  const path = process.env['PELAGO_WARM_SOCKET']
  delete process.env['PELAGO_WARM_SOCKET']
  return path
}
