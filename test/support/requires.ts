import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** For a test's `skip`: which of `programs` the machine lacks, or false where it has them all. */
export function missing(...programs: string[]): string | false {
  const folders = (process.env['PATH'] ?? '').split(':')
  const absent = programs.filter((program) => !folders.some((folder) => isExecutable(join(folder, program))))
  return absent.length === 0 ? false : `not installed: ${absent.join(', ')}`
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** For what mounts and changes owners by itself: why it has to be skipped; false for root, real or of a user namespace, that has `programs`. */
export function missingForRootWork(...programs: string[]): string | false {
  return process.getuid?.() === 0 ? missing(...programs) : 'needs root, real or of a user namespace'
}
