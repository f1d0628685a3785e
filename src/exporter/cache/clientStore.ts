import type { BlobReader } from '../../content/contentStore.ts'
import type { CacheBlob } from '../../registry/cacheplace/cachePlace.ts'

/** An OCI layout on the client that lends it to the solve: BuildKit's content stores of a session. What is read from byte 0 is verified. Errors are the client's. */
export interface ClientStore extends BlobReader {
  /** Idempotent: what the client has is not sent again. @throws also where it lends the store for reading only */
  writeBlob(blob: CacheBlob, signal: AbortSignal): Promise<'uploaded' | 'present'>
}

/** By what the client calls it. */
export type OpenClientStore = (id: string) => ClientStore

/** What Go's clients call the store of a cache in a folder, as that was written. */
export function cacheStoreId(folder: string): string {
  return `local:${folder}`
}

/** Under which of a folder's names a cache stands where none is given. */
export const DEFAULT_CACHE_TAG = 'latest'

/** In an exporter's response: the manifest of the cache in a folder, since `cache.manifest` is of one export only. */
export function folderCacheAnswer(attributes: ReadonlyMap<string, string>): string {
  return `${FOLDER_CACHE_ANSWERS}${attributes.get('tag') ?? DEFAULT_CACHE_TAG}:${attributes.get('dest') ?? ''}`
}

/** What all of these begin with. */
export const FOLDER_CACHE_ANSWERS = 'pelago.cache.manifest:'
