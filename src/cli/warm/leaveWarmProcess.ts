import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { programEnvironment } from '../../driver/programs/programEnvironment.ts'
import { isLocked, tryLock, type FileLock } from '../../kit/files/fileLock.ts'
import { startDetachedProcess } from '../../kit/process/detachedProcess.ts'
import { frugalNode } from '../../kit/process/frugalNode.ts'

/** The first argument of a warm process; the second is where it waits. */
export const WARM = '--warm-process'

/**
 * Starts a process that waits at `path` for the next command, where an engine of the user's waits for it too, and none
 * is on its way there. It stays when this one ends.
 */
export function leaveWarmProcess(path: string, env: Readonly<Record<string, string | undefined>>): void {
  if (!hasEngine(dirname(path)) || isLocked(arrivalPath(path))) return
  const [, entry = ''] = process.argv
  const node = frugalNode(entry, [WARM, path], programEnvironment(env))
  startDetachedProcess(node.argv, { cwd: '/', env: node.env })
}

/** Held by a process that will wait at `path` until it does, so that commands one after the other start but one. Undefined where another is on its way. */
export function tryArrival(path: string): FileLock | undefined {
  return tryLock(arrivalPath(path), 'exclusive')
}

function arrivalPath(path: string): string {
  return `${path}.arrival`
}

/** Whether one has a socket in `folder`. */
export function hasEngine(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.sock'))
  } catch {
    return false
  }
}
