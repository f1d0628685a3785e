import { BuildError } from '../../ground/errors.ts'

/** A file stands where a folder should come, or the other way round. */
export class CopyConflictError extends BuildError {
  readonly kind = 'conflict'
}

/** A path that a Dockerfile names is not in the files it should come from. */
export class SourceNotFoundError extends BuildError {
  readonly kind = 'not-found'
  readonly path: string
  /** The snapshot that lacks it, where it was looked up for its checksum. */
  readonly reference: string | undefined
  constructor(path: string, reference: string | undefined, hint: string) {
    const when = reference === undefined ? '' : `failed to calculate checksum of ref ${reference}: `
    super(`${when}${JSON.stringify(path)}: not found`, { hint })
    this.path = path
    this.reference = reference
  }
}

export class OwnerNotFoundError extends BuildError {
  readonly kind = 'not-found'
}
