import type { Json } from '../../ground/canonicalJson.ts'

/**
 * JSON as Go's encoder writes it, with fields in the order given and absent ones left out: so what Pelago and BuildKit
 * make of the same image has the same bytes, and so the same digest. `indent` is for manifests and indexes.
 */
export function formatGoJson(value: Json, layout: 'compact' | 'indented'): Uint8Array {
  const text = JSON.stringify(value, undefined, layout === 'indented' ? 2 : undefined)
  return Buffer.from(text.replaceAll(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`))
}

/** Go sorts the keys of its maps by byte. Undefined where there are none, as with `omitempty`. */
export function sortedMap(entries: ReadonlyMap<string, string>): Readonly<Record<string, string>> | undefined {
  if (entries.size === 0) return undefined
  return Object.fromEntries([...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
}
