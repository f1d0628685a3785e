import { merge } from '../kit/merge.ts'
import type { PipedProcess } from '../kit/process/pipedProcess.ts'
import { createCrashWatch } from './emulation/crashWatch.ts'
import { createDeafInitWatch, type ContainerInit } from './emulation/deafInit.ts'
import type { Emulation } from './emulation/emulation.ts'
import { isCrunsWords, parseCrunsWords } from './crun.ts'
import type { OutputChunk } from './executor.ts'
import { explainFailure, type FailedProcess } from './programs/explainFailure.ts'
import { createOutputTail } from './programs/outputTail.ts'
import { toStartError } from './startFailure.ts'

export interface WatchableContainer extends ContainerInit {
  readonly process: PipedProcess
  /** @throws ProcessStartError; `signal.reason` after an abort */
  exitCode(signal: AbortSignal): Promise<number>
}

/** A container of whose end more is known than its exit code. */
export interface WatchedContainer extends Disposable {
  readonly output: AsyncIterable<OutputChunk>
  /**
   * As the container's; where QEMU has left the first process waiting for an end of its own, that of the signal. Known
   * once the output was read, or given up. @throws ProcessStartError; `signal.reason` after an abort
   */
  exitCode(signal: AbortSignal): Promise<number>
  /** After the output has ended: what to do about a failure that lies in a program's file, or in QEMU. */
  explain(exitCode: number, signal: AbortSignal): Promise<string | undefined>
}

/** Ends a container whose first process QEMU has left waiting. */
export function watchContainer(container: WatchableContainer, failed: FailedProcess, emulation: Emulation): WatchedContainer {
  const { platform } = failed.spec
  const emulatorPath = emulation.emulatorPath(platform)
  const mode = emulation.runMode(platform)
  const crashes = createCrashWatch(mode.kind === 'native' || emulatorPath === undefined ? undefined : { name: mode.emulator, path: emulatorPath, architecture: platform.architecture })
  const deaf = createDeafInitWatch(emulatorPath, container)
  const tail = createOutputTail()
  const refusal: Refusal = { message: undefined }
  const ending = Promise.withResolvers<undefined>()
  async function* output(): AsyncGenerator<OutputChunk> {
    try {
      for await (const chunk of withoutRuntime(outputOf(container.process), refusal)) {
        crashes.look(chunk)
        if (crashes.hasCrashed()) deaf.begin()
        tail.add(chunk.bytes)
        yield chunk
      }
    } finally {
      ending.resolve(undefined)
    }
  }
  return {
    output: output(),
    async exitCode(signal) {
      const ended = await container.exitCode(signal)
      if (ended === RUNTIME_FAILED) await ending.promise
      if (ended === RUNTIME_FAILED && refusal.message !== undefined) throw toStartError(refusal.message, failed)
      const fatal = deaf.signal()
      return fatal === undefined ? ended : 128 + fatal
    },
    async explain(exitCode, signal) {
      if (exitCode === 0) return undefined
      const output = tail.text()
      return explainFailure(failed, output, exitCode) ?? (await crashes.hint({ exitCode, output }, signal))
    },
    [Symbol.dispose]() {
      ending.resolve(undefined)
      deaf[Symbol.dispose]()
    },
  }
}

/** How the runtime ends that was refused; a process may end so, too. */
const RUNTIME_FAILED = 1

/** What the runtime said in the place of the process, once it has. */
interface Refusal {
  message: string | undefined
}

/** Keeps what the runtime says in the place of the process apart: it is the first and the last thing that is said. */
async function* withoutRuntime(chunks: AsyncIterable<OutputChunk>, refusal: Refusal): AsyncGenerator<OutputChunk> {
  let isFirst = true
  let held: OutputChunk | undefined
  for await (const chunk of chunks) {
    if (held !== undefined) yield held // more follows, so it was the process that spoke
    const text = isFirst ? Buffer.from(chunk.bytes).toString() : ''
    held = isCrunsWords(text) ? chunk : undefined
    if (held === undefined) yield chunk
    isFirst = false
  }
  if (held === undefined) return
  refusal.message = parseCrunsWords(Buffer.from(held.bytes).toString())
  if (refusal.message === undefined) yield held
}

async function* outputOf({ stdout, stderr }: PipedProcess): AsyncGenerator<OutputChunk> {
  yield* merge([label('stdout', stdout), label('stderr', stderr)])
}

async function* label(stream: OutputChunk['stream'], source: AsyncIterable<Uint8Array>): AsyncGenerator<OutputChunk> {
  for await (const bytes of source) yield { stream, bytes }
}
