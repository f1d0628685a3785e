import type { ExecOp, Mount } from '../graph/vertex.ts'
import type { Digest } from '../ground/digest.ts'
import { BuildError } from '../ground/errors.ts'
import type { Platform } from '../ground/platform.ts'
import type { ResultId } from '../solver/op.ts'

/** What is left of a step that failed: enough to start another process where it stood. Plain data. */
export interface FailedStep {
  readonly vertex: Digest
  /** `[linux/arm64 2/4] RUN make` */
  readonly name: string
  readonly platform: Platform
  readonly exec: ExecOp
  readonly inputs: readonly ResultId[]
  /** What it had made of each of its outputs, in the mounts' order. */
  readonly outputs: readonly ResultId[]
  /** Why it failed. */
  readonly message: string
}

/** Port: keeps what failed steps leave, for a while. */
export interface FailedStepKeeper {
  /** The id by which the step is found again. Replaces what an earlier run of the step has left. */
  keep(step: FailedStep, signal: AbortSignal): Promise<string>
}

/** Kind, message and hint are the cause's. */
export class StepKeptError extends BuildError {
  readonly kind = 'step-failed'
  /** By which the step can be entered. */
  readonly failedStep: string
  constructor(cause: BuildError, failedStep: string) {
    super(cause.message, { hint: cause.hint, cause })
    this.failedStep = failedStep
  }
}

/** The step with what it has left in the place of what it began with, and without need of the secrets of its client. */
export function leftByStep({ exec, inputs, outputs }: FailedStep): Pick<FailedStep, 'exec' | 'inputs'> {
  let next = inputs.length
  const mounts = exec.mounts.map((mount): Mount => {
    if (mount.kind === 'bind') return mount.isOutput ? { ...mount, input: next++ } : mount
    return mount.kind === 'secret' || mount.kind === 'ssh' ? { ...mount, isOptional: true } : mount
  })
  const secretEnv = (exec.secretEnv ?? []).map((variable) => ({ ...variable, isOptional: true }))
  return { exec: { ...exec, mounts, secretEnv }, inputs: [...inputs, ...outputs] }
}
