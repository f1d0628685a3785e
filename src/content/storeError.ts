import { BuildError } from '../ground/errors.ts'

/** The disk of the store, or the user's quota on it, is full. */
export class StoreFullError extends BuildError {
  readonly kind = 'unavailable'
  readonly folder: string
  constructor(folder: string, cause: unknown) {
    super(`no space left for the store in ${JSON.stringify(folder)}`, { hint: 'free some: pelago prune; or put the store elsewhere: PELAGO_ROOT', cause })
    this.folder = folder
  }
}

export class StoreUnwritableError extends BuildError {
  readonly kind = 'unavailable'
  readonly folder: string
  constructor(folder: string, cause: unknown) {
    super(`the store in ${JSON.stringify(folder)} may not be written`, { hint: 'check its owner and mode, or put the store elsewhere: PELAGO_ROOT', cause })
    this.folder = folder
  }
}

/** What a failed write to the store in `folder` means to its user; any other error as it is. */
export function storeErrorOf(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return new StoreFullError(folder, error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return new StoreUnwritableError(folder, error)
  return error
}
