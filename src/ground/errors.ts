/** Exit code, gRPC status and whether to retry all derive from this. */
export type ErrorKind = 'usage' | 'not-found' | 'denied' | 'conflict' | 'corrupt' | 'unavailable' | 'step-failed'

/** What a user can meet. Anything else that is thrown is a bug and keeps its stack. */
export abstract class BuildError extends Error {
  abstract readonly kind: ErrorKind
  /** What the user can do, as an imperative; printed under the message. */
  readonly hint: string | undefined
  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = new.target.name
    this.hint = options.hint
  }
}

/** What went wrong first, where more went wrong while what was in use was given back, as most does for that reason. */
export function firstFailure(error: unknown): unknown {
  return error instanceof SuppressedError ? firstFailure(error.suppressed) : error
}

/** Text from outside that is not what it should be. */
export class InvalidValueError extends BuildError {
  readonly kind = 'usage'
}
