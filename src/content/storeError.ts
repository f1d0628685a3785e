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

/** SQLite's result code for "database or disk is full". */
const SQLITE_FULL = 13

/** What a failed write to the store in `folder` means to its user; any other error as it is. */
export function storeErrorOf(error: unknown, folder: string): unknown {
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return new StoreUnwritableError(folder, error)
  return fullStoreErrorOf(error, folder)
}

/** The same for work that reads and writes elsewhere, too, where only a full disk is surely the store's. */
export function fullStoreErrorOf(error: unknown, folder: string): unknown {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT' || code === SQLITE_FULL ? new StoreFullError(folder, error) : error
}

/** Of the system (`ENOSPC`) or of SQLite (a number). */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff
  return 'code' in error ? error.code : undefined
}
