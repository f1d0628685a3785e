import { BuildError, type ErrorKind } from '../ground/errors.ts'
import type { SourceSpan } from '../ground/sourceSpan.ts'

/** Something in a Dockerfile that cannot be built, and where. */
export class DockerfileError extends BuildError {
  /** `usage`, but where the cause is of another kind, such as a base image that is not there. */
  readonly kind: ErrorKind
  readonly span: SourceSpan
  constructor(message: string, span: SourceSpan, options: { hint?: string | undefined; cause?: unknown; kind?: ErrorKind } = {}) {
    super(message, options)
    this.kind = options.kind ?? 'usage'
    this.span = span
  }
}

/** What `read` gives; an error in it is said to be at `span`. Cancellation and bugs pass through. */
export function at<T>(span: SourceSpan, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw located(error, span)
  }
}

/** `error` with its place, where it is an error of the user's and has none yet. */
export function located(error: unknown, span: SourceSpan, prefix = ''): unknown {
  if (error instanceof DockerfileError || !(error instanceof BuildError)) return error
  return new DockerfileError(prefix + error.message, span, { hint: error.hint, cause: error, kind: error.kind })
}
