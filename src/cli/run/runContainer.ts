import { once } from 'node:events'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RunInputSchema, RunOutput, WindowSizeSchema } from '../../api/gen/local_pb.ts'
import { EngineUnavailableError } from '../../driver/driver.ts'
import { merge } from '../../kit/merge.ts'
import type { CommandContext, OutputStream } from '../command.ts'
import { openTransferDisplay, type TransferDisplay } from '../registry/transferDisplay.ts'
import { neutralize } from '../render/displayText.ts'
import { createInputQueue, type InputQueue } from './inputQueue.ts'

export interface ContainerRun {
  /** What the call begins with, for a terminal of that size. */
  begin(terminal: MessageInitShape<typeof WindowSizeSchema> | undefined): RunInput
  call(inputs: AsyncIterable<RunInput>): AsyncIterable<RunOutput>
  /** What is loaded first, where something has to be: `pulling image`. */
  readonly loading: string
  /** Whether that goes unseen. */
  readonly isQuiet: boolean
  readonly isInteractive: boolean
  readonly hasTerminal: boolean
}

export type RunInput = MessageInitShape<typeof RunInputSchema>

/** Runs a container to its end with the terminal, streams and signals of the command. Its exit code. */
export async function runContainer(run: ContainerRun, context: CommandContext): Promise<number> {
  const controls = createInputQueue<RunInput>()
  controls.push(run.begin(run.hasTerminal ? windowSize(context.stdout) : undefined))
  using cleanup = new DisposableStack()
  cleanup.use(context.claimSignals(forwardSignals(controls)))
  cleanup.defer(() => {
    controls.close()
  })
  if (run.hasTerminal) {
    cleanup.use(followResize(context.stdout, controls))
    cleanup.use(openRawMode(context))
  }
  const input = run.isInteractive ? merge<RunInput>([controls, standardInput(context)]) : withClosedInput(controls)
  return await followOutput(run.call(input), run, context)
}

async function* standardInput(context: CommandContext): AsyncGenerator<RunInput> {
  for await (const chunk of context.openStdin()) yield { input: { case: 'stdin', value: new Uint8Array(chunk as Buffer) } }
  yield { input: { case: 'stdinClosed', value: true } }
}

async function* withClosedInput(controls: InputQueue<RunInput>): AsyncGenerator<RunInput> {
  let isFirst = true
  for await (const message of controls) {
    yield message
    if (isFirst) yield { input: { case: 'stdinClosed', value: true } }
    isFirst = false
  }
}

async function followOutput(outputs: AsyncIterable<RunOutput>, { loading, isQuiet }: ContainerRun, context: CommandContext): Promise<number> {
  let display: TransferDisplay | undefined
  const closeDisplay = (): void => {
    display?.done()
    display?.[Symbol.dispose]()
    display = undefined
  }
  try {
    for await (const { output } of outputs) {
      if (output.case === 'progress') {
        display ??= openTransferDisplay(loading, isQuiet ? 'quiet' : 'auto', context)
        display.progress(output.value)
        continue
      }
      closeDisplay()
      if (output.case === 'stdout') await write(context.stdout, output.value)
      if (output.case === 'stderr') await write(context.stderr, output.value)
      if (output.case === 'hint') await write(context.stderr, Buffer.from(`hint: ${neutralize(output.value)}\n`))
      if (output.case === 'exitCode') return output.value
    }
  } finally {
    display?.[Symbol.dispose]()
  }
  throw new EngineUnavailableError('the engine went away before the container ended', { hint: 'run it again with --debug' })
}

async function write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
  if (!stream.write(bytes)) await once(stream, 'drain')
}

/** The container has its signals; one that it ignores three times in a row is followed by SIGKILL, as with Docker. */
function forwardSignals(controls: InputQueue<RunInput>): (name: NodeJS.Signals) => void {
  let count = 0
  return (name) => {
    count++
    controls.push({ input: { case: 'signal', value: count >= 3 ? 'SIGKILL' : name } })
  }
}

function windowSize({ columns, rows }: OutputStream): MessageInitShape<typeof WindowSizeSchema> {
  return { columns: columns ?? 80, rows: rows ?? 24 }
}

function followResize(stdout: OutputStream, controls: InputQueue<RunInput>): Disposable {
  const send = (): void => {
    controls.push({ input: { case: 'resize', value: windowSize(stdout) } })
  }
  stdout.on('resize', send)
  return { [Symbol.dispose]: () => void stdout.off('resize', send) }
}

/** Keys go to the container as they are, Ctrl-C too, until disposed. */
function openRawMode(context: CommandContext): Disposable {
  const stdin = context.openStdin()
  stdin.setRawMode?.(true)
  return { [Symbol.dispose]: () => void stdin.setRawMode?.(false) }
}
