import type { CacheStore } from '../cacheStore.ts'
import type { ImportedKeys } from './importedKeys.ts'

/** The local cache with what others know behind it: local results come first, and whatever is learned is local. */
export function layerCache(local: CacheStore, imported: ImportedKeys): CacheStore {
  return {
    follow: (parent, link) => [...new Set([...local.follow(parent, link), ...imported.follow(parent, link)])],
    leadsTo: (child) => [...local.leadsTo(child), ...imported.leadsTo(child)],
    results: (keys) => [...new Set([...local.results(keys), ...imported.results(keys)])],
    record: (entry) => local.record(entry),
    removeResult(result) {
      local.removeResult(result)
      imported.removeResult(result)
    },
  }
}
