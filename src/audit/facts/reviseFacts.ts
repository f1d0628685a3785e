import { asByteString, type ByteString } from '../../kit/byteString.ts'
import type { LayerEntry, LayerFacts } from './layerFacts.ts'

/**
 * The facts of a layer that is another one with `changed` in it, in the order of a layer; what that removes, the layer
 * itself has brought. Undefined where they cannot be told without reading it.
 */
export function reviseFacts(before: LayerFacts, changed: LayerFacts): LayerFacts | undefined {
  const removed = new Set(changed.entries.flatMap(({ kind, path }) => (kind === 'removal' ? [path] : [])))
  const changes = new Map(changed.entries.flatMap((entry) => (entry.kind === 'removal' ? [] : [[entry.path, entry]])))
  const kept = before.entries.filter(({ path }) => !isWithin(path, removed))
  const isLost = (entry: LayerEntry): boolean => (entry.kind === 'hardlink' && (changes.has(entry.target) || isWithin(entry.target, removed))) || (entry.kind === 'removal' && changes.has(entry.path))
  if (changed.entries.some(({ kind }) => kind === 'opaque') || kept.some(isLost)) return undefined
  const entries = kept.map((entry) => (isWhiteout(entry) ? entry : takeFrom(changes, entry)))
  return { entries: changes.size === 0 ? entries : [...entries, ...changes.values()].sort(compareByPath) }
}

/** Whether it is one of `removed`, or stands under one. */
function isWithin(path: ByteString, removed: ReadonlySet<ByteString>): boolean {
  for (let end = path.length; end > 0 && removed.size > 0; end = path.lastIndexOf('/', end - 1)) {
    if (removed.has(asByteString(path.slice(0, end)))) return true
  }
  return false
}

function isWhiteout({ kind }: LayerEntry): boolean {
  return kind === 'removal' || kind === 'opaque'
}

function takeFrom(changes: Map<ByteString, LayerEntry>, entry: LayerEntry): LayerEntry {
  const change = changes.get(entry.path)
  changes.delete(entry.path)
  return change ?? entry
}

/** Folders before what is in them, siblings in the order of their bytes; no name has a NUL. */
function compareByPath(a: LayerEntry, b: LayerEntry): number {
  const [left, right] = [a.path.replaceAll('/', '\0'), b.path.replaceAll('/', '\0')]
  if (left === right) return 0
  return left < right ? -1 : 1
}
