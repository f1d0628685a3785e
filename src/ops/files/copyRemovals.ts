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
  const existing = findStat(joinName(trees.target, path))
  if (existing === undefined) return true
  const wanted = findStat(joinName(trees.source, path))
  if (wanted === undefined) {
    found.push(path)
    return isFreeBelow(path, trees)
  }
  if (wanted.isDirectory() !== existing.isDirectory()) return false
  return !wanted.isDirectory() || sortedNames(joinName(trees.target, path)).every((name) => addRemovals(joinName(path, name), trees, found))
}

/** By folders all the way: what a link there leads to is not looked at. */
function isFreeBelow(path: ByteString, { below, way }: CopiedTrees): boolean {
  let place = below
  for (const name of namesOf(joinName(way, path))) {
    const stat = findStat(place)
    if (stat === undefined) return true
    if (!stat.isDirectory()) return false
    place = asByteString(`${place}/${name}`)
  }
  return findStat(place) === undefined
}
