import type { CacheStore } from '../cacheStore.ts'
import type { OpContext, OpResolver, ResultId } from '../op.ts'
import type { ImportedKeys } from './importedKeys.ts'
import type { WorkCache } from '../solveCache.ts'
import { layerCache } from './layeredCache.ts'

/** What a solve may take from other machines; `engine` fills it in. */
export interface ImportedCache {
  readonly keys: ImportedKeys
  /** Whether a result that the keys lead to is one of these. */
  has(result: ResultId): boolean
  /** Makes it a result of this machine. False where it cannot be had, now and then. Rejects on abort only. */
  obtain(result: ResultId, context: OpContext, signal: AbortSignal): Promise<boolean>
}

export interface Sharing {
  readonly imported?: ImportedCache | undefined
  /** Whether others are to find what the solve comes to. */
  readonly isShared?: boolean | undefined
}

/** The cache of a solve: the local one, and behind it what is imported. */
export function withImports(cache: { readonly store: CacheStore; readonly resolver: OpResolver }, { imported, isShared = false }: Sharing): WorkCache {
  if (imported === undefined) return { ...cache, imported: undefined, isShared }
  const { store, resolver } = cache
  return {
    store: layerCache(store, imported.keys),
    resolver: {
      ...resolver,
      isPresent: (result) => imported.has(result) || resolver.isPresent(result),
      obtain: (result, context, signal) => (imported.has(result) ? imported.obtain(result, context, signal) : resolver.obtain(result, context, signal)),
    },
    imported: imported.keys,
    isShared: true,
  }
}
