import type { CacheStore } from './cacheStore.ts'
import type { ImportedKeys } from './imported/importedKeys.ts'
import type { OpResolver } from './op.ts'

/** What the edges of a solve look things up in. */
export interface EdgeCache {
  readonly store: CacheStore
  readonly resolver: Pick<OpResolver, 'isPresent'>
  /** What of `store` is of other machines. */
  readonly imported: ImportedKeys | undefined
  /** Whether content is to be called as other machines call it, too. */
  readonly isShared: boolean
}

/** The same, and who makes the ops. */
export interface WorkCache extends EdgeCache {
  readonly resolver: OpResolver
}
