import { BuildError, type ErrorKind } from '../ground/errors.ts'
import { spanOf } from './errorSpan.ts'

export const EXIT = { done: 0, failed: 1, usage: 2, engineFailed: 125, commandNotRunnable: 127, interrupted: 130 } as const

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  usage: EXIT.usage,
  'not-found': EXIT.failed,
  denied: EXIT.failed,
  conflict: EXIT.failed,
  'step-failed': EXIT.failed,
  corrupt: EXIT.engineFailed,
  unavailable: EXIT.engineFailed,
}

/** What thrown things come to. What has its place in a Dockerfile is a build that failed, whatever its kind. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof BuildError)) return EXIT.engineFailed
  if (spanOf(error) !== undefined) return EXIT.failed
  return BY_KIND[error.kind]
}

/** For `run`, whose codes from 0 to 124 are the container's: 127 where its program cannot be started, else 125. */
export function containerExitCodeOf(error: unknown): number {
  return error instanceof BuildError && error.kind === 'step-failed' ? EXIT.commandNotRunnable : EXIT.engineFailed
}
