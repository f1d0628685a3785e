import type { Digest } from '../ground/digest.ts'
import type { Platform } from '../ground/platform.ts'

/** Remembers how long steps took; `engine` fills it in. */
export interface StepTimes {
  /** Of a step that has succeeded. */
  record(time: StepTime): void
}

/** Without what it waited for: files to be brought, and other steps. */
export interface StepTime {
  /** What it does, whatever it does it to: the digest of its cache map, twins aside. */
  readonly op: Digest
  /** As in its note. */
  readonly name: string
  /** Undefined where it runs no process. */
  readonly platform: Platform | undefined
  readonly mode: StepMode
  readonly durationMs: number
}

/** `twins`: emulated, with native twins of some programs. */
export type StepMode = 'native' | 'emulated' | 'twins' | 'none'
