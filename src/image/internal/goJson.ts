import type { Json } from '../../ground/canonicalJson.ts'
import { formatGoJson as formatText } from '../../ground/goJson.ts'

/** In Go's form: so what Pelago and BuildKit make of the same image has the same digest. `indent` is for manifests and indexes. */
export function formatGoJson(value: Json, layout: 'compact' | 'indented'): Uint8Array {
  return Buffer.from(formatText(value, layout))
}

/** Go sorts the keys of its maps by byte. Undefined where there are none, as with `omitempty`. */
export function sortedMap(entries: ReadonlyMap<string, string>): Readonly<Record<string, string>> | undefined {
  if (entries.size === 0) return undefined
  return Object.fromEntries([...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
}
