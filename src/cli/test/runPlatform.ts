import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RunInputSchema, RunOutput } from '../../api/gen/local_pb.ts'
import { EngineUnavailableError } from '../../driver/driver.ts'
import { BuildError } from '../../ground/errors.ts'
import { createInputQueue } from '../run/inputQueue.ts'
import type { RunSpecInit } from '../run/runSpec.ts'
import { createOutputRecord, type OutputRecord } from './outputRecord.ts'
import type { TestOutcome, TestRun } from './testRun.ts'

type RunInput = MessageInitShape<typeof RunInputSchema>

/** One container of a test. */
export interface ContainerTest {
  /** For the file of its output: `linux/arm64 #2`. */
  readonly name: string
  readonly spec: RunSpecInit
  /** Undefined waits for ever. */
  readonly timeoutMs: number | undefined
  readonly call: (inputs: AsyncIterable<RunInput>, signal: AbortSignal) => AsyncIterable<RunOutput>
  readonly now: () => number
  readonly watch: TestWatch
}

/** Who wants to see a container while it runs. */
export interface TestWatch {
  pulling(currentBytes: number, totalBytes: number): void
  started(emulator: string): void
  output(chunk: Uint8Array): void
}

/**
 * Runs a container to its end, or until its time is over: it is then ended. `stop` ends it too, as one that was
 * cancelled; what its user breaks off by `signal` throws.
 */
export async function runPlatform(test: ContainerTest, stop: AbortSignal, signal: AbortSignal): Promise<TestRun> {
  await using record = createOutputRecord(test.name)
  const timeout = new AbortController()
  const clock: Clock = { startedAt: undefined, timer: undefined }
  let outcome: TestOutcome
  try {
    outcome = await follow(test, { record, clock, timeout }, AbortSignal.any([signal, stop, timeout.signal]))
  } catch (error) {
    signal.throwIfAborted()
    outcome = failureOf(error, test.timeoutMs, { isLate: timeout.signal.aborted, isStopped: stop.aborted })
  } finally {
    clearTimeout(clock.timer)
  }
  const durationMs = clock.startedAt === undefined ? 0 : test.now() - clock.startedAt
  return { outcome, durationMs, output: await keepOfFailed(record, outcome) }
}

interface Clock {
  startedAt: number | undefined
  timer: NodeJS.Timeout | undefined
}

interface Following {
  readonly record: OutputRecord
  readonly clock: Clock
  readonly timeout: AbortController
}

async function follow({ spec, call, watch, now, timeoutMs }: ContainerTest, { record, clock, timeout }: Following, signal: AbortSignal): Promise<TestOutcome> {
  signal.throwIfAborted()
  const inputs = createInputQueue<RunInput>()
  inputs.push({ input: { case: 'spec', value: spec } })
  inputs.push({ input: { case: 'stdinClosed', value: true } })
  using _ = { [Symbol.dispose]: () => inputs.close() }
  for await (const { output } of call(inputs, signal)) {
    if (output.case === 'progress') watch.pulling(Number(output.value.current), Number(output.value.total))
    if (output.case === 'started') {
      clock.startedAt = now()
      if (timeoutMs !== undefined) clock.timer = setTimeout(() => timeout.abort(), timeoutMs)
      watch.started(output.value.emulator)
    }
    if (output.case === 'stdout' || output.case === 'stderr') {
      watch.output(output.value)
      await record.append(output.value)
    }
    if (output.case === 'hint') await record.append(Buffer.from(`hint: ${output.value}\n`))
    if (output.case === 'exitCode') return { kind: 'exited', exitCode: output.value }
  }
  throw new EngineUnavailableError('the engine went away before the container ended', { hint: 'run it again with --debug' })
}

/** What is no failure of a container is a bug, and thrown on. */
function failureOf(error: unknown, timeoutMs: number | undefined, { isLate, isStopped }: { readonly isLate: boolean; readonly isStopped: boolean }): TestOutcome {
  if (isLate && timeoutMs !== undefined) return { kind: 'timed-out', timeoutMs }
  if (isStopped) return { kind: 'cancelled' }
  if (!(error instanceof BuildError)) throw error
  return { kind: 'not-started', message: error.hint === undefined ? error.message : `${error.message} (${error.hint})`, errorKind: error.kind }
}

const NOTHING = { text: '', sizeBytes: 0, file: undefined }

async function keepOfFailed(record: OutputRecord, outcome: TestOutcome): Promise<TestRun['output']> {
  return outcome.kind === 'exited' && outcome.exitCode === 0 ? NOTHING : await record.keep()
}
