import { create } from '@bufbuild/protobuf'
import { RunOutputSchema, type RunInput, type RunOutput, type WindowSize } from '../../api/gen/local_pb.ts'
import type { Container } from '../../engine/run/container.ts'
import type { RunningProcess, TerminalSize } from '../../executor/executor.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatPlatform } from '../../ground/platform.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { createEventQueue, type EventQueue } from '../eventQueue.ts'
import { toTransferProgress } from '../transferProgress.ts'

/** A container that is opened for one call. */
export interface ContainerCall {
  readonly open: (progress: ProgressSink) => Promise<Container>
  /** Called once it runs; what it gives is held as long. */
  readonly started?: () => Promise<AsyncDisposable>
  /** What the client sends, behind what it began with. */
  readonly inputs: AsyncIterator<RunInput>
}

/** Opens a container and tells its client of it until its exit code. Ends it when the client goes. */
export async function* serveContainer({ open, started, inputs }: ContainerCall, signal: AbortSignal): AsyncGenerator<RunOutput> {
  const queue = createEventQueue<RunOutput>()
  const opening = open(progressTo(queue)).finally(() => queue.end())
  opening.catch(() => undefined) // it is awaited below, once what was told before is out
  yield* queue.read()
  await using container = await opening
  await using stack = new AsyncDisposableStack()
  if (started !== undefined) stack.use(await started())
  const { mode, process, platform } = container
  yield create(RunOutputSchema, { output: { case: 'started', value: { platform: formatPlatform(platform), emulator: mode.kind === 'emulated' ? mode.emulator : '' } } })
  void feed(process, inputs).catch(() => undefined) // the client's going away ends the call by its signal
  for await (const { stream, bytes } of process.output) yield create(RunOutputSchema, { output: { case: stream, value: bytes } })
  const exitCode = await process.exitCode
  const hint = exitCode === 0 ? undefined : await process.explain(signal)
  if (hint !== undefined) yield create(RunOutputSchema, { output: { case: 'hint', value: hint } })
  yield create(RunOutputSchema, { output: { case: 'exitCode', value: exitCode } })
}

/** How far the layers are that have to be downloaded first; of what is here already nothing is said, as Docker has it. */
function progressTo(queue: EventQueue<RunOutput>): ProgressSink {
  return (event) => {
    if (event.kind !== 'vertex-progress' || !event.id.startsWith('sha256:')) return
    queue.push(create(RunOutputSchema, { output: { case: 'progress', value: toTransferProgress(event) } }))
  }
}

async function feed(process: RunningProcess, inputs: AsyncIterator<RunInput>): Promise<void> {
  for (let next = await inputs.next(); next.done !== true; next = await inputs.next()) await deliver(process, next.value.input)
}

async function deliver(process: RunningProcess, input: RunInput['input']): Promise<void> {
  switch (input.case) {
    case 'stdin':
      await process.write(input.value)
      break
    case 'stdinClosed':
      process.closeInput()
      break
    case 'resize':
      process.resize(toSize(input.value))
      break
    case 'signal':
      process.kill(input.value as NodeJS.Signals)
      break
    case 'spec':
    case 'debug':
    case undefined:
      throw new InvalidValueError('a run has one specification')
  }
}

export function toSize({ columns, rows }: WindowSize): TerminalSize {
  return { columns, rows }
}
