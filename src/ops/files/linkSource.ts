import { setImmediate as nextTurn } from 'node:timers/promises'
import { asByteString, fromText, type ByteString } from '../../kit/byteString.ts'
import type { SnapshotView } from '../../snapshot/snapshotStore.ts'
import { sortedNames } from './folders.ts'
import { findStat } from './metadata.ts'
import { joinName } from './rootPath.ts'

/** From a file seen in a view to the inode of it that a hard link can be made to; undefined where that is not worth finding. */
export type LinkSource = (seen: ByteString) => ByteString | undefined

/** To look through upper layers larger than this costs more than to copy. */
const MAX_UPPER_ENTRIES = 5_000

/** Reads the layers above the lowest once: of files that are in none of them, the lowest has the inode. */
export async function openLinkSource({ path, layers }: Pick<SnapshotView, 'path' | 'layers'>): Promise<LinkSource> {
  const [lowest, ...uppers] = layers.map(fromText)
  const root = fromText(path)
  if (lowest === undefined || lowest === root) return (seen) => seen
  const upper = await mapUppers(uppers)
  if (upper === undefined) return () => undefined
  return (seen) => {
    const relative = asByteString(seen.slice(root.length + 1))
    return upper.get(relative) ?? joinName(lowest, relative)
  }
}

/** By relative path the highest place; undefined where there are too many. */
async function mapUppers(layers: readonly ByteString[]): Promise<ReadonlyMap<ByteString, ByteString> | undefined> {
  const places = new Map<ByteString, ByteString>()
  const pending = layers.map((layer) => ({ layer, folder: asByteString('') })).reverse()
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    await nextTurn()
    const { layer, folder } = next
    for (const name of sortedNames(joinName(layer, folder))) {
      const path = joinName(folder, name)
      const place = joinName(layer, path)
      if (findStat(place)?.isDirectory() === true) pending.push({ layer, folder: path })
      else places.set(path, place)
    }
    if (places.size > MAX_UPPER_ENTRIES) return undefined
  }
  return places
}
