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
  /** What leads to `child`, each once. */
  leadsTo(child: KeyId): readonly Lead[]
  /** Of all these keys together, newest first, each once. */
  results(keys: readonly KeyId[]): readonly ResultId[]
  /** All of it or nothing. Idempotent, but that a result told again is the newest. */
  record(entry: CacheEntry): void
  /** Forgets a result that is gone, under every key. The keys stay: a step that is above them may still have a result. */
  removeResult(result: ResultId): void
}

/** The end of a link that a key is reached from. */
export interface Lead extends Pick<CacheLink, 'input' | 'selector'> {
  readonly parent: KeyId
}

/** What one vertex learns when it is done. */
export interface CacheEntry {
  readonly links: readonly LinkRecord[]
  readonly results: readonly ResultRecord[]
}

export interface LinkRecord {
  readonly parent: KeyId
  readonly link: CacheLink
  readonly child: KeyId
}

export interface ResultRecord {
  readonly key: KeyId
  readonly result: ResultId
}

/** `sha256:…`; made by `cacheKey.ts` alone, so that equal work has equal keys on every machine. */
export type KeyId = string & { readonly __brand: 'KeyId' }

export interface CacheLink {
  readonly input: number
  readonly output: number
  readonly digest: Digest
  readonly selector: string
}
