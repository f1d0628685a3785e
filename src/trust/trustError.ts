import { BuildError } from '../ground/errors.ts'

/** A key file that cannot be used: of another kind, damaged, or with another password. */
export class KeyUnusableError extends BuildError {
  readonly kind = 'usage'
}

/** A signature, or a policy's demand for one, that does not hold. `message` says what was found instead. */
export class UntrustedError extends BuildError {
  readonly kind = 'denied'
}
