import { constants } from 'node:os'
import type { ErrorKind } from '../../ground/errors.ts'
import type { RecordedOutput } from './outputRecord.ts'

/** A platform that is to be tested on. */
export interface TestPlatform {
  /** `linux/arm64` */
  readonly platform: string
  /** The image's platform where it is another one, which serves this one too; else ''. */
  readonly servedBy: string
  /** '' where it runs natively. */
  readonly emulator: string
}

/** How one run on one platform ended. */
export type TestOutcome =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'timed-out'; readonly timeoutMs: number }
  | { readonly kind: 'not-started'; readonly message: string; readonly errorKind: ErrorKind }
  /** Another one failed, and that was to end it. */
  | { readonly kind: 'cancelled' }

export interface TestRun {
  readonly outcome: TestOutcome
  /** Of the container: what had to be pulled before does not count. */
  readonly durationMs: number
  readonly output: RecordedOutput
}

/** What came of one platform. */
export type TestResult =
  /** Never empty. */
  | { readonly kind: 'tested'; readonly on: TestPlatform; readonly runs: readonly TestRun[] }
  /** The image does not have it, or it does not run here. */
  | { readonly kind: 'missing'; readonly platform: string; readonly why: string; readonly isAllowed: boolean }

export function isPassed({ outcome }: TestRun): boolean {
  return outcome.kind === 'exited' && outcome.exitCode === 0
}

export function hasFailed(result: TestResult): boolean {
  return result.kind === 'missing' ? !result.isAllowed : !result.runs.every(isPassed)
}

/** `exit code 3`, `SIGSEGV`, `no answer within 5m00s` */
export function describeOutcome(outcome: TestOutcome, formatMs: (milliseconds: number) => string): string {
  switch (outcome.kind) {
    case 'exited':
      return outcome.exitCode === 0 ? 'passed' : (signalOf(outcome.exitCode) ?? `exit code ${outcome.exitCode}`)
    case 'timed-out':
      return `not done after ${formatMs(outcome.timeoutMs)}`
    case 'not-started':
      return 'did not start'
    case 'cancelled':
      return 'cancelled'
  }
}

/** The signal that ended a program with this exit code, as a shell tells it. */
export function signalOf(exitCode: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number + 128 === exitCode)?.[0]
}

export interface Times {
  readonly minMs: number
  readonly medianMs: number
  readonly maxMs: number
}

/** Of the runs that passed; undefined where none has. */
export function timesOf(runs: readonly TestRun[]): Times | undefined {
  const sorted = runs.filter(isPassed).map(({ durationMs }) => durationMs).sort((a, b) => a - b)
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const middle = sorted.length / 2
  const medianMs = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
  return { minMs: first, medianMs, maxMs: last }
}
