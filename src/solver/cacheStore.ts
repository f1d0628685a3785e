import type { Digest } from '../ground/digest.ts'
import type { ResultId } from './op.ts'

/**
 * Cache keys as links, after BuildKit's solver: a key is reached from the keys of an op's inputs through that op's
 * digest. Several links may lead to one key, which is how a match by content becomes a match by definition later.
 * Writes are seen by other processes on the same store.
 */
export interface CacheStore {
  /** Keys reached from `parent` through `link`. */
  follow(parent: KeyId, link: CacheLink): readonly KeyId[]
  /** Idempotent. */
  addLink(parent: KeyId, link: CacheLink, child: KeyId): void
  /** Newest first. */
  results(key: KeyId): readonly ResultId[]
  addResult(key: KeyId, result: ResultId): void
  /** Forgets a result that is gone, under every key, and the keys that then lead nowhere. */
  removeResult(result: ResultId): void
}

/** `sha256:…`; of a root key it is the digest of `<digest>@<output>`, so that it is the same on every machine. */
export type KeyId = string & { readonly __brand: 'KeyId' }

export interface CacheLink {
  readonly input: number
  readonly output: number
  readonly digest: Digest
  readonly selector: string
}
