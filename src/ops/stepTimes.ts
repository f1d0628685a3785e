import type { Digest } from '../ground/digest.ts'
import type { Platform } from '../ground/platform.ts'

/** Remembers how long steps took; `engine` fills it in. */
export interface StepTimes {
  /** Of a step that has succeeded. */
  record(time: StepTime): void
}

/** Without what it waited for: files to be brought, and other steps. */
export interface StepTime {
  /** The digest of its cache map: what it does, whatever it does it to. */
  readonly op: Digest
  /** As in its note. */
  readonly name: string
  /** Undefined where it runs no process. */
  readonly platform: Platform | undefined
  readonly mode: StepMode
  readonly durationMs: number
}

export type StepMode = 'native' | 'emulated' | 'none'
