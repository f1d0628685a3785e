import { BuildError } from '../../ground/errors.ts'

/** A definition, or what is asked of it, that cannot be. */
export class BakeError extends BuildError {
  readonly kind = 'usage'
}
