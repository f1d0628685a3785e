import type { ByteString } from '../../kit/byteString.ts'
import type { LayerEntry, LayerFacts } from './layerFacts.ts'

/** The facts of a layer that is another one with `changed` in it, in the order of a layer. Undefined where they cannot be told without reading it. */
export function reviseFacts(before: LayerFacts, changed: LayerFacts): LayerFacts | undefined {
  const changes = new Map(changed.entries.map((entry) => [entry.path, entry]))
  const isLost = (entry: LayerEntry): boolean => (entry.kind === 'hardlink' && changes.has(entry.target)) || (entry.kind === 'removal' && changes.has(entry.path))
  if (changed.entries.some(isWhiteout) || before.entries.some(isLost)) return undefined
  const entries = before.entries.map((entry) => (isWhiteout(entry) ? entry : takeFrom(changes, entry)))
  return { entries: changes.size === 0 ? entries : [...entries, ...changes.values()].sort(compareByPath) }
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
