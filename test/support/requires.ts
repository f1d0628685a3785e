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
