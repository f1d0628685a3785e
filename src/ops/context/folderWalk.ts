import { lstatSync, readdirSync, type BigIntStats } from 'node:fs'
import { asByteString, bytesOf, type ByteString } from '../../kit/byteString.ts'
import type { TreeFilter } from '../../api/fileSync.ts'
import { errorCode } from '../files/errorCode.ts'
import { createPathFilter } from '../files/matching/patternFilter.ts'
import { joinName } from '../files/rootPath.ts'
import { followPaths } from './followPaths.ts'

export interface WalkedFile {
  /** Relative to the walk's root. */
  readonly path: ByteString
  readonly stat: BigIntStats
}

/**
 * What `filter` takes of a folder, one lstat each: parents before children, siblings by name in byte order. A folder of
 * which nothing can be taken is not entered; one that is taken only for what is in it comes when the first of that does.
 * Links are not followed, so nothing outside `root` is seen. Synchronous: a stat takes microseconds, and a hop to a
 * thread and back several times that.
 */
export function* walkFolder(root: ByteString, filter: TreeFilter): Generator<WalkedFile> {
  const taken = createPathFilter({ includePatterns: filter.includePatterns, excludePatterns: filter.excludePatterns, includePaths: followPaths(root, filter.followPaths) })
  /** Folders on the way that were not given yet, outermost first. */
  const pending: WalkedFile[] = []

  function* walk(folder: ByteString): Generator<WalkedFile> {
    for (const { name, isFolder } of listFolder(joinName(root, folder))) {
      const path = joinName(folder, name)
      if (taken.skips(path)) continue
      const isTaken = taken.includes(path)
      if (!isTaken && !isFolder) continue
      const stat = findFile(joinName(root, path))
      if (stat === undefined) continue // gone since it was listed
      pending.push({ path, stat })
      if (isTaken) yield* pending.splice(0)
      if (stat.isDirectory()) yield* walk(path)
      if (pending.at(-1)?.path === path) pending.pop()
    }
  }

  yield* walk(asByteString(''))
}

function findFile(path: ByteString): BigIntStats | undefined {
  return lstatSync(bytesOf(path), { bigint: true, throwIfNoEntry: false })
}

interface ListedName {
  readonly name: ByteString
  readonly isFolder: boolean
}

function listFolder(folder: ByteString): readonly ListedName[] {
  try {
    return readdirSync(bytesOf(folder), { withFileTypes: true, encoding: 'buffer' })
      .map((entry) => ({ name: asByteString(entry.name.toString('latin1')), isFolder: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

