import { BuildError } from '../ground/errors.ts'
import type { FileStat } from './fileSync.ts'
import { isFolder, isRegular } from './fileStat.ts'

/** A peer that does not keep to fsutil's protocol. */
export class FileSyncError extends BuildError {
  readonly kind = 'corrupt'
}

/** By bytes of UTF-8 with `/` lowest, so that what is in a folder comes right after it: `a`, `a/b`, `a-b`. */
export function compareTreePaths(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) {
    if (a.charCodeAt(index) !== b.charCodeAt(index)) return rank(a, index) - rank(b, index)
  }
  return a.length - b.length
}

/** Code units sort as bytes of UTF-8 do, but for surrogates, which stand for what is above them all. */
function rank(path: string, index: number): number {
  const unit = path.charCodeAt(index)
  if (unit === 0x2f) return -1
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/**
 * Takes the entries of a walk one by one and refuses what a receiver must not trust: paths that are not clean and
 * relative, an order that is not fsutil's, a parent that is not a folder seen before, a hard link to a file not seen before.
 */
export function createTreeValidator(): (stat: FileStat) => void {
  let last = ''
  const folders: string[] = []
  const files = new Set<string>()
  return (stat) => {
    const { path, linkTarget } = stat
    assertCleanPath(path)
    if (last !== '' && compareTreePaths(last, path) >= 0) throw new FileSyncError(`entry ${quote(path)} comes after ${quote(last)}, out of order`)
    last = path
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    while (folders.length > 0 && folders.at(-1) !== parent) folders.pop()
    if ((folders.at(-1) ?? '') !== parent) throw new FileSyncError(`entry ${quote(path)} comes without its folder`)
    if (isFolder(stat)) folders.push(path)
    if (!isRegular(stat)) return
    if (linkTarget !== '' && !files.has(linkTarget)) throw new FileSyncError(`entry ${quote(path)} is a hard link to ${quote(linkTarget)}, which did not come before it`)
    files.add(path)
  }
}

function assertCleanPath(path: string): void {
  const isClean = path !== '' && !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  if (!isClean) throw new FileSyncError(`entry ${quote(path)} is not a clean relative path`)
}

function quote(path: string): string {
  return JSON.stringify(path)
}
