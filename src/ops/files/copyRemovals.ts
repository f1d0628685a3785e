import type { BigIntStats } from 'node:fs'
import { asByteString, type ByteString } from '../../kit/byteString.ts'
import { sortedNames } from './folders.ts'
import { findStat } from './metadata.ts'
import { joinName, namesOf } from './rootPath.ts'

/** A folder whose contents were copied, and where. */
export interface CopiedTrees {
  /** As it is now. */
  readonly source: ByteString
  /** What was copied of it, over what was below. */
  readonly target: ByteString
  /** The root of what was below. */
  readonly below: ByteString
  /** From there to the target. */
  readonly way: ByteString
}

/**
 * What has to leave the target, since the source has it no more: paths relative to either, of all that `removed` tells
 * to have been taken away at some time. Undefined where that cannot be told without a whole copy: something of the same
 * name is below, or came to be of another kind.
 */
export function findOwnRemovals(removed: ReadonlySet<ByteString>, trees: CopiedTrees): readonly ByteString[] | undefined {
  const found: ByteString[] = []
  return [...removed].every((path) => addRemovals(path, trees, found)) ? found : undefined
}

function addRemovals(path: ByteString, trees: CopiedTrees, found: ByteString[]): boolean {
  const existing = findUnlinked(trees.target, path)
  if (existing === undefined || existing === 'elsewhere') return true
  const wanted = findUnlinked(trees.source, path)
  if (wanted === undefined || wanted === 'elsewhere') {
    found.push(path)
    return findUnlinked(trees.below, joinName(trees.way, path)) === undefined
  }
  if (wanted.isDirectory() !== existing.isDirectory()) return false
  return !wanted.isDirectory() || sortedNames(joinName(trees.target, path)).every((name) => addRemovals(joinName(path, name), trees, found))
}

/** What is at `path` in `root` by folders all the way; `elsewhere` where a link or a file is on the way: no link is followed, which may lead out of `root`. */
function findUnlinked(root: ByteString, path: ByteString): BigIntStats | 'elsewhere' | undefined {
  let place = root
  for (const name of namesOf(path)) {
    const stat = findStat(place)
    if (stat === undefined) return undefined
    if (!stat.isDirectory()) return 'elsewhere'
    place = asByteString(`${place}/${name}`)
  }
  return findStat(place)
}
