import { digestOf, type Digest } from '../ground/digest.ts'
import { BuildError } from '../ground/errors.ts'

/** Blobs by digest. A blob is seen whole and verified or not at all, and never changes. Several processes may use one store. */
export interface ContentStore {
  /** Undefined where the blob is absent. Reads none of it. */
  sizeBytes(digest: Digest, signal: AbortSignal): Promise<number | undefined>
  /** The blob from byte `offset`. @throws BlobNotFoundError; BlobCorruptError after the last chunk where it was read from 0 */
  read(digest: Digest, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Fills `target` with a part of a blob, which is not verified; false where the blob ends before. @throws BlobNotFoundError */
  readInto(digest: Digest, offset: number, target: Uint8Array, signal: AbortSignal): Promise<boolean>
  /**
   * Disposing before `commit` leaves no trace, but where `resumeKey` is given: then what was written is kept, and the
   * next ingest of that key goes on behind it. Two ingests of one blob may run at once, but one of a `resumeKey`:
   * the second starts from nothing.
   */
  openIngest(options: IngestOptions, signal: AbortSignal): Promise<Ingest>
  /** All blobs, in no order. */
  list(signal: AbortSignal): AsyncIterable<BlobInfo>
  /** False where the blob stays, since it was used at `usedBefore` (in ms since the epoch) or later. Idempotent. */
  remove(digest: Digest, usedBefore: number, signal: AbortSignal): Promise<boolean>
}

/** Blobs to be read: those of a store, or such as are elsewhere and are brought when they are read. */
export type BlobReader = Pick<ContentStore, 'sizeBytes' | 'read'>

/** Stores of which parts are read. */
export type RangeReader = Pick<ContentStore, 'readInto'>

export interface IngestOptions {
  readonly resumeKey: string | undefined
}

export interface BlobInfo {
  readonly digest: Digest
  readonly sizeBytes: number
  /** Milliseconds since the epoch, and up to LAST_USE_PRECISION_MS too early. */
  readonly lastUsedAt: number
}

/** So that a build that uses a thousand blobs again and again does not write a thousand inodes each time. */
export const LAST_USE_PRECISION_MS = 3_600_000

export interface Ingest extends AsyncDisposable {
  /** Bytes that are there already, of an earlier ingest of the same key. */
  readonly offset: number
  write(chunk: Uint8Array): Promise<void>
  /**
   * For who wants the bytes while they are made; to be asked before the first is written. Each call of what it gives
   * reads from the first byte on, at its own pace, and ends once all that was committed was read, be it long after that.
   * @throws IngestLostError where the ingest is given up, or what was written is not what is read
   */
  follow(): (signal: AbortSignal) => AsyncIterable<Uint8Array>
  /**
   * Idempotent towards the store. Undefined takes whatever was written. Gives the blob's digest and size.
   * @throws BlobCorruptError where the bytes are not `expected`'s; what was written is then gone
   */
  commit(expected: Digest | undefined): Promise<{ readonly digest: Digest; readonly sizeBytes: number }>
}

/** Safe to repeat; does nothing where `to` has the blob. */
export async function copyBlob(digest: Digest, from: ContentStore, to: ContentStore, signal: AbortSignal): Promise<void> {
  if ((await to.sizeBytes(digest, signal)) !== undefined) return
  await using ingest = await to.openIngest({ resumeKey: undefined }, signal)
  for await (const chunk of from.read(digest, 0, signal)) await ingest.write(chunk)
  await ingest.commit(digest)
}

/** For blobs whose size was checked to be small: manifests and configs. Writes nothing where `to` has the blob, as most do in a build that is cached. */
export async function putBytes(bytes: Uint8Array, to: ContentStore, signal: AbortSignal): Promise<Digest> {
  const digest = digestOf(bytes)
  if ((await to.sizeBytes(digest, signal)) === bytes.byteLength) return digest
  await using ingest = await to.openIngest({ resumeKey: undefined }, signal)
  await ingest.write(bytes)
  return (await ingest.commit(digest)).digest
}

export class BlobNotFoundError extends BuildError {
  readonly kind = 'not-found'
  readonly digest: Digest
  constructor(digest: Digest) {
    super(`blob not found: ${digest}`, { hint: 'it may have been pruned; run the build again' })
    this.digest = digest
  }
}

export class BlobCorruptError extends BuildError {
  readonly kind = 'corrupt'
  readonly expected: Digest
  readonly actual: Digest
  constructor(expected: Digest, actual: Digest) {
    super(`blob ${expected} has the bytes of ${actual}`, { hint: 'pull it again; if it stays so, check the disk or the registry' })
    this.expected = expected
    this.actual = actual
  }
}

export class IngestLostError extends BuildError {
  readonly kind = 'unavailable'
}
