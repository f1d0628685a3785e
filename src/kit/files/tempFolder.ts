import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isLocked, tryLock, type FileLock } from './fileLock.ts'

/**
 * A folder that belongs to whoever made it, for as long as that process lives: `<parent>/<name>`, and beside it
 * `<name>.lock`, held. A folder whose lock nobody holds is what a killed process left, and `sweep` removes it.
 */
export interface TempFolder extends AsyncDisposable {
  /** Lower-case letters and digits; never used twice in one parent. */
  readonly name: string
  readonly path: string
}

const LOCK_SUFFIX = '.lock'

/** How a folder and all in it goes, where more is to be done than to remove it: unmount what is mounted there. */
export type RemoveFolder = (path: string) => Promise<void>

/** Disposing removes it, by `remove`. */
export function createTempFolder(parent: string, remove: RemoveFolder = removeFolder): TempFolder {
  mkdirSync(parent, { recursive: true })
  const { name, lock } = takeName(parent)
  const path = join(parent, name)
  mkdirSync(path, { mode: 0o700 })
  return {
    name,
    path,
    async [Symbol.asyncDispose]() {
      await remove(path)
      lock.remove() // last: until then another process may find the folder and finish this
    },
  }
}

/** Whether the maker of the folder `name` lives and has not disposed it. */
export function isTempFolderOwned(parent: string, name: string): boolean {
  return isLocked(join(parent, name + LOCK_SUFFIX))
}

/** Removes the folders of processes that are gone; several may do so at once. Gives the names of the removed. */
export async function sweepTempFolders(parent: string, remove: RemoveFolder = removeFolder): Promise<readonly string[]> {
  const names = readdirSync(parent).filter((entry) => entry.endsWith(LOCK_SUFFIX)).map((entry) => entry.slice(0, -LOCK_SUFFIX.length))
  const removed: string[] = []
  for (const name of names) {
    if (await sweepOne(parent, name, remove)) removed.push(name)
  }
  return removed
}

async function sweepOne(parent: string, name: string, remove: RemoveFolder): Promise<boolean> {
  const lock = tryLock(join(parent, name + LOCK_SUFFIX), 'exclusive')
  if (lock === undefined) return false
  try {
    await remove(join(parent, name))
    lock.remove()
    return true
  } finally {
    await lock[Symbol.asyncDispose]()
  }
}

function takeName(parent: string): { readonly name: string; readonly lock: FileLock } {
  for (;;) {
    const name = randomBytes(6).toString('hex')
    const lock = tryLock(join(parent, name + LOCK_SUFFIX), 'exclusive')
    if (lock !== undefined) return { name, lock }
  }
}

async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}
