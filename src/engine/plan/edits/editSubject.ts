import type { LintedStep, LintSubject } from '../../../dockerfile/lint/lintSubject.ts'
import type { RunScript } from '../../../dockerfile/lint/architectures/runScript.ts'
import type { DockerfileWarning } from '../../../dockerfile/dockerfileWarning.ts'
import type { Platform } from '../../../ground/platform.ts'
import type { LineRange, PlanEdit } from '../buildPlan.ts'

/** What edits are found in. Pure: the same subject gives the same edits. */
export interface EditSubject {
  /** The Dockerfile as the first platform has it. */
  readonly dockerfile: LintSubject
  /** Its RUNs. */
  readonly scripts: readonly RunScript[]
  /** What lint says for all platforms. */
  readonly warnings: readonly DockerfileWarning[]
  readonly targets: readonly Platform[]
  /** How long what stands there took the last time, for all platforms that are built together. */
  readonly timeOf: (lines: LineRange) => StepCost
  /** Undefined where it cannot be looked into: it is elsewhere. */
  readonly context: ContextView | undefined
}

export interface StepCost {
  readonly nativeMs: number
  /** Of those that run natively. */
  readonly nativeSteps: number
  readonly emulatedMs: number
  readonly emulatedSteps: number
  /** Platforms that are emulated, in order. */
  readonly emulated: readonly string[]
}

/** The build's own folder. */
export interface ContextView {
  /** Undefined where there is no such file; never more than a small one. */
  readonly text: (path: string) => string | undefined
  /** Of a regular file. */
  readonly sizeBytes: (path: string) => number | undefined
  /** Of what is in folders of that name at any depth, as far as a build takes it. 0 where it takes only parts of the folder. */
  readonly bytesUnder: (name: string) => number
}

/** One kind of advice, given only where it is certain to help. */
export type EditRule = (subject: EditSubject) => readonly PlanEdit[]

/** Whether a stage's files are in the image that is built. */
export function isInImage({ stage }: LintedStep, { planned, target }: LintSubject): boolean {
  let at = target
  while (at !== undefined) {
    if (at.index === stage.index) return true
    const { base, index } = at
    at = base.kind === 'stage' && base.index < index ? planned[base.index] : undefined
  }
  return false
}
