import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where `$PATH` has a program; undefined where it has none. */
export function findProgram(name: string, env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
