import { constants, existsSync, statSync } from 'node:fs'
import { access, readdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isLocked } from '../../../kit/files/fileLock.ts'
import type { Attempt, FolderFacts, StoreFacts } from './machineFacts.ts'

/** Of a folder that may not be there yet: then of that in which it would be made. */
export async function examineFolder(path: string): Promise<FolderFacts> {
  try {
    const folder = await nearestFolder(path)
    await access(folder, constants.W_OK | constants.X_OK)
    const { bavail, bsize, files, ffree } = await statfs(folder)
    return { path, problem: undefined, freeBytes: bavail * bsize, freeInodes: files === 0 ? undefined : ffree }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const problem = code === 'EROFS' ? 'the disk is read-only' : code === 'ENOTDIR' ? 'a file is in the way' : 'it cannot be written to'
    return { path, problem, freeBytes: 0, freeInodes: undefined }
  }
}

/** `path`, or what is nearest above it. @throws the errors of `access` but ENOENT */
export async function nearestFolder(path: string): Promise<string> {
  try {
    await access(path)
    return path
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    return await nearestFolder(dirname(path))
  }
}

export async function examineStore(root: string, uid: number): Promise<StoreFacts> {
  const owner = await stat(root).then((found) => found.uid, () => uid)
  return {
    ...(await examineFolder(root)),
    otherOwner: owner === uid ? undefined : String(owner),
    database: examineDatabase(join(root, 'state.db')),
    leftovers: await countLeftovers(root),
  }
}

/** Reads it, beside whoever writes it; not opened for reading alone, which would leave files of SQLite's there. */
function examineDatabase(path: string): Attempt | undefined {
  if (!existsSync(path)) return undefined
  try {
    using database = new DatabaseSync(path, { timeout: BUSY_MS })
    database.prepare('SELECT count(*) FROM schema_version').all()
    if (statSync(path).size > CHECKED_BYTES) return { kind: 'works' }
    const [row] = database.prepare('PRAGMA quick_check(1)').all()
    const verdict = row?.['quick_check']
    return verdict === 'ok' ? { kind: 'works' } : { kind: 'fails', reason: String(verdict) }
  } catch (error) {
    return { kind: 'fails', reason: (error as Error).message }
  }
}

const BUSY_MS = 2_000
/** A larger database is opened only: to read all of it would take seconds. */
const CHECKED_BYTES = 64 * 1024 * 1024
/** Folders in which a file is locked as long as its maker lives. */
const MARKED = ['owners', 'leases', 'ingest', 'run']
/** The gates to those folders are not locked by those who live. */
const GATE = 'lock'

async function countLeftovers(root: string): Promise<number> {
  let count = 0
  for (const folder of MARKED.map((name) => join(root, name))) {
    const names: readonly string[] = await readdir(folder).catch(() => [])
    for (const name of names.filter((one) => one !== GATE && (one.endsWith('.lock') || !names.includes(`${one}.lock`)))) {
      if (!isMarked(join(folder, name))) count += 1
    }
  }
  return count
}

/** What is gone by now, or not ours to look at, is left over by nobody. */
function isMarked(path: string): boolean {
  try {
    return isLocked(path)
  } catch {
    return true
  }
}
