/** `ENOENT` and the like, of Node's errors and of `SyscallError`; '' of all others. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
