import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, link, lstat, mkdir, open, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { FileStat, TreeReceiver } from '../../api/fileSync.ts'
import { mknod, utimens } from '../../kit/syscalls.ts'

/**
 * Puts a tree into the folder `root`, merged with what is there, as files of this user. An entry takes the place of
 * what has its name and is not a folder too, symbolic links included: nothing is written through one. The paths were
 * checked by `receiveTree`: each parent is a folder that came before.
 */
export function createFolderReceiver(root: string): TreeReceiver {
  const folders: FileStat[] = []
  const hardLinks: FileStat[] = []
  const pathOf = ({ path }: Pick<FileStat, 'path'>): string => join(root, path)
  return {
    async entry(stat) {
      if (folders.length === 0) await mkdir(root, { recursive: true })
      const path = pathOf(stat)
      switch (stat.mode & constants.S_IFMT) {
        case constants.S_IFDIR:
          folders.push(stat)
          await ensureFolder(path)
          return 'no-content'
        case constants.S_IFREG:
          if (stat.linkTarget === '') return 'content'
          hardLinks.push(stat) // its target has its content at the end only
          return 'no-content'
        case constants.S_IFLNK:
          await putInPlace(path, (temporary) => symlink(stat.linkTarget, temporary))
          utimens(path, undefined, stat.mtimeNs)
          return 'no-content'
        default:
          await putInPlace(path, async (temporary) => mknod(temporary, stat.mode, stat.deviceMajor, stat.deviceMinor))
          await setMetadata(path, stat)
          return 'no-content'
      }
    },
    async content(stat, chunks) {
      await putInPlace(pathOf(stat), async (temporary) => {
        await using file = await open(temporary, 'wx', 0o600)
        for await (const chunk of chunks) await file.writeFile(chunk)
        await setMetadata(temporary, stat)
      })
    },
    async end() {
      await mkdir(root, { recursive: true })
      for (const stat of hardLinks) await putInPlace(pathOf(stat), (temporary) => link(pathOf({ path: stat.linkTarget }), temporary))
      for (const stat of folders.toReversed()) await setMetadata(pathOf(stat), stat) // last: a folder may be read-only, and each file changes its time
    },
  }
}

async function setMetadata(path: string, { mode, mtimeNs }: FileStat): Promise<void> {
  await chmod(path, mode & 0o7777)
  utimens(path, undefined, mtimeNs)
}

async function ensureFolder(path: string): Promise<void> {
  if (await isFolder(path)) {
    await chmod(path, 0o700) // until the end, so that one which an earlier build left read-only can be filled
    return
  }
  await rm(path, { force: true })
  await mkdir(path, { mode: 0o700 })
}

/** Makes something under a name beside `path` and renames it there; a folder in its way is removed. */
async function putInPlace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomUUID()}`)
  try {
    await make(temporary)
    if (await isFolder(path)) await rm(path, { recursive: true })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
