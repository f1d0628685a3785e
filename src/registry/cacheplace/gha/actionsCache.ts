import type { CacheBlob } from '../cachePlace.ts'

/** GitHub's service of cache entries: bytes by key, each written once and never changed, until they are old or too many. */
export interface ActionsCache {
  /** The newest entry whose key begins with `prefix`, of those that the token may read. */
  find(prefix: string, signal: AbortSignal): Promise<ActionsCacheEntry | undefined>
  /** `taken`: another has the key, or is just about to write it; nothing was sent then. */
  save(key: string, blob: CacheBlob, signal: AbortSignal): Promise<'saved' | 'taken'>
}

export interface ActionsCacheEntry {
  readonly key: string
  /** Signed, for some minutes: whoever has it may read the entry. */
  readonly url: URL
}

/**
 * GitHub keeps entries of different kinds apart by a version, which its own action makes of paths. This is the one of
 * BuildKit's library: SHA-256 of `|go-actionscache-1.0`.
 */
export const ENTRY_VERSION = '693bb7016429d80366022f036f84856888c9f13e00145f5f6f4dce303a38d6f2'
