import type { Digest } from '../../ground/digest.ts'
import { toGoEntry } from './goDescriptor.ts'
import { parseEntry, type IndexEntry } from './indexDocument.ts'

/**
 * Entries of several sources as one list, as docker buildx makes it: each digest once, at its first place; what a later
 * source says of it, platform and annotations, wins. Different images of one platform all stay.
 */
export function mergeEntries(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  const merged = new Map<Digest, IndexEntry>()
  for (const entry of entries) {
    const { digest } = entry.descriptor
    const before = merged.get(digest)
    merged.set(digest, before === undefined ? toGoEntry(entry) : mergeEntry(before, entry))
  }
  return [...merged.values()]
}

function mergeEntry(before: IndexEntry, after: IndexEntry): IndexEntry {
  const annotations = Object.fromEntries([...before.descriptor.annotations, ...after.descriptor.annotations])
  const platform = after.fields['platform'] ?? before.fields['platform']
  return toGoEntry(parseEntry({ ...before.fields, annotations, ...(platform === undefined ? {} : { platform }) }))
}
