import { ProcessStartError, StepFailedError, type Executor, type OutputChunk, type ProcessSpec, type RunMode, type TwinUseCount } from '../../executor/executor.ts'
import { TOOLCHAIN_PAGE } from '../../graph/accelerate.ts'
import { formatPlatform } from '../../ground/platform.ts'
import type { Limit } from '../../kit/limit.ts'
import type { OpContext } from '../../solver/op.ts'
import type { StepMode } from '../stepTimes.ts'

export interface ProcessDeps {
  readonly executor: Executor
  /** How many processes may run at once: emulated ones, with twins or without, take more memory, and have a limit of their own. */
  readonly limits: { readonly native: Limit; readonly emulated: Limit }
  readonly now: () => number
}

export interface StepProcess {
  readonly spec: ProcessSpec
  readonly validExitCodes: readonly number[] | undefined
  readonly mode: RunMode
  readonly deps: ProcessDeps
  readonly context: OpContext
  /** Whether it was told already how it runs. */
  readonly isAgain: boolean
}

export interface ProcessWatch {
  readonly onOutput: (chunk: OutputChunk) => void
  /** Once, of a process that asks for twins, however it ends. */
  readonly onTwins?: ((count: TwinUseCount) => void) | undefined
}

/** How a process ended that did as it should. */
export interface ProcessEnd {
  readonly exitCode: number
  /** Once it was its turn. */
  readonly durationMs: number
  /** As it really ran: without twins, too, where none could be offered. */
  readonly mode: StepMode
}

/** Tells how it goes, but for its output, which is the caller's to tell. @throws StepFailedError where the process ended otherwise than it may */
export async function runProcess({ spec, validExitCodes, mode, deps, context, isAgain }: StepProcess, { onOutput, onTwins }: ProcessWatch, signal: AbortSignal): Promise<ProcessEnd> {
  const { executor, limits, now } = deps
  const vertex = context.vertex.digest
  return await limits[mode.kind].run(async () => {
    const startedAt = now()
    let use: TwinUseCount | undefined
    if (mode.kind === 'emulated' && !isAgain) context.progress({ kind: 'vertex-emulated', vertex, at: now(), emulator: mode.emulator })
    const twinsUsed = (count: TwinUseCount): void => {
      use = count
      onTwins?.(count)
      context.progress({ kind: 'vertex-twins', vertex, at: now(), native: count.native, emulated: count.emulated, why: count.why ?? '' })
      if (count.withoutToolchain !== undefined) context.progress({ kind: 'warning', vertex, at: now(), message: `without toolchain for ${formatPlatform(spec.platform)}: ${count.withoutToolchain}`, detail: [], url: TOOLCHAIN_PAGE, span: undefined })
    }
    const exitCode = await exitCodeOf(async () => {
      for await (const chunk of executor.run(spec, signal, { twinsUsed })) onOutput(chunk)
    }, validExitCodes)
    if (validExitCodes !== undefined && !validExitCodes.includes(exitCode)) throw new StepFailedError(spec.argv, exitCode)
    return { exitCode, durationMs: now() - startedAt, mode: use !== undefined && use.why === undefined ? 'twins' : mode.kind }
  }, signal, context.height)
}

/** As a shell says it of a program that is not there. */
const NOT_FOUND = 127

async function exitCodeOf(run: () => Promise<void>, valid: readonly number[] = []): Promise<number> {
  try {
    await run()
    return 0
  } catch (error) {
    if (error instanceof StepFailedError && valid.includes(error.exitCode)) return error.exitCode
    if (error instanceof ProcessStartError && valid.includes(NOT_FOUND)) return NOT_FOUND
    throw error
  }
}
