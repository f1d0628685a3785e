import { BuildError } from '../../ground/errors.ts'

/** A command line that asks for what cannot be, found before anything is started. */
export class UsageError extends BuildError {
  readonly kind = 'usage'
}
