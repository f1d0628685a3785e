import type { BlobReader } from '../../content/contentStore.ts'
import type { Digest } from '../../ground/digest.ts'

/**
 * Where build caches are kept beside registries, laid out as BuildKit lays it out, so that either finds what the other
 * put there: layers by digest, and cache configs (`application/vnd.buildkit.cacheconfig.v0`, with the annotations of
 * layers) by the names that the place's attributes give. Every call retries what is worth it with pauses. Errors are
 * CachePlaceErrors, and never hold a credential.
 */
export interface CachePlace extends BlobReader, AsyncDisposable {
  /** For people: `gha:buildkit`, `s3:ci-caches/buildkit`. */
  readonly name: string
  /** What BuildKit calls an export to such a place: `exporting to GitHub Actions Cache`. */
  readonly exportTitle: string
  /** So many `writeBlob`s side by side are worth it. */
  readonly uploadsAtOnce: number
  /** Undefined where the blob is absent. Reads none of it. */
  sizeBytes(digest: Digest, signal: AbortSignal): Promise<number | undefined>
  /** The blob from byte `offset`, resumed where the connection breaks. @throws CacheBlobMissingError; BlobCorruptError after the last chunk where it was read from 0 */
  read(digest: Digest, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Idempotent: what the place has is not sent again, but kept from ageing where places forget what is old. */
  writeBlob(blob: CacheBlob, signal: AbortSignal): Promise<'uploaded' | 'present'>
  /** What was exported under the names that are to be looked at, the nearest first; none where there is nothing yet. */
  readConfigs(signal: AbortSignal): Promise<readonly Uint8Array[]>
  /** Replaces what the name, or each of the names, had. All blobs that it needs are to be there already. */
  writeConfig(bytes: Uint8Array, signal: AbortSignal): Promise<void>
}

/** By BuildKit's type and attributes. Asks nothing of the place yet. @throws InvalidValueError */
export type OpenCachePlace = (type: string, attributes: ReadonlyMap<string, string>) => CachePlace

export interface CacheBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  /** The blob from its first byte; may be called again for a retry. */
  readonly open: () => AsyncIterable<Uint8Array>
  readonly onProgress: (sentBytes: number) => void
}

/** A cache config of more is not read: that of a build of a thousand steps has less than 1 MiB. */
export const MAX_CONFIG_BYTES = 64 * 1024 * 1024
