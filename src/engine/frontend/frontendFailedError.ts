import { BuildError, type ErrorKind } from '../../ground/errors.ts'

/** A frontend that is an image has not done what one has to, or could not be run. */
export class FrontendFailedError extends BuildError {
  readonly kind: ErrorKind
  constructor(message: string, options: { readonly hint?: string | undefined; readonly cause?: unknown; readonly kind?: ErrorKind } = {}) {
    super(message, options)
    this.kind = options.kind ?? 'step-failed'
  }
}
