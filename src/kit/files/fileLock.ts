import { closeSync, constants, fstatSync, openSync, statSync, unlinkSync } from 'node:fs'
import { pause } from '../retry.ts'
import { tryFlock } from '../syscalls.ts'

/**
 * A lock between processes, and between tasks of one: flock(2) on a file of its own. It ends with the process that
 * holds it, however that ends. Programs started meanwhile do not inherit it.
 */
export interface FileLock extends AsyncDisposable {
  readonly path: string
  /** Gives it back and takes the file away, for a lock whose name will not be used again. Idempotent. */
  remove(): void
}

export type LockKind = 'exclusive' | 'shared'

const FIRST_PAUSE_MS = 2
const LAST_PAUSE_MS = 100

/** Undefined where another holder excludes it. Makes the file where there is none. */
export function tryLock(path: string, kind: LockKind): FileLock | undefined {
  for (;;) {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    if (!lockOrClose(fd, kind)) return undefined
    if (isStillAt(fd, path)) return createLock(fd, path)
    closeSync(fd) // its last holder removed the file between open and lock
  }
}

/** Waits until it has the lock. The order in which waiters get it is not that of their arrival. @throws signal.reason */
export async function acquireLock(path: string, kind: LockKind, signal: AbortSignal): Promise<FileLock> {
  for (let waitMs = FIRST_PAUSE_MS; ; waitMs = Math.min(LAST_PAUSE_MS, waitMs * 2)) {
    signal.throwIfAborted()
    const lock = tryLock(path, kind)
    if (lock !== undefined) return lock
    await pause(waitMs, signal)
  }
}

/** Whether someone holds the lock exclusively; false where there is no file. Makes none. */
export function isLocked(path: string): boolean {
  const fd = openIfThere(path)
  if (fd === undefined) return false
  if (!lockOrClose(fd, 'shared')) return true
  closeSync(fd)
  return false
}

function lockOrClose(fd: number, kind: LockKind): boolean {
  try {
    if (tryFlock(fd, kind)) return true
  } catch (error) {
    closeSync(fd)
    throw error
  }
  closeSync(fd)
  return false
}

function isStillAt(fd: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false })
  const held = fstatSync(fd)
  return there?.ino === held.ino && there.dev === held.dev
}

function createLock(fd: number, path: string): FileLock {
  let held = true
  const release = (beforeClose: () => void): void => {
    if (!held) return
    held = false
    beforeClose()
    closeSync(fd)
  }
  return {
    path,
    remove: () => release(() => unlinkSync(path)),
    async [Symbol.asyncDispose]() {
      release(() => undefined)
    },
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
