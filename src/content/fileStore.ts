import { createHash, randomUUID } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, read as readCallback, statSync } from 'node:fs'
import { mkdir, open, opendir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { digestHex, parseDigest, type Digest } from '../ground/digest.ts'
import { createBackgroundHash, type BackgroundHash } from '../kit/streams/backgroundHash.ts'
import { writeFileAtomically } from '../kit/files/atomicFile.ts'
import { createEarlyWriteback } from '../kit/files/earlyWriteback.ts'
import type { TrailingCalls } from '../kit/files/trailingCalls.ts'
import { acquireLock, tryLock, type FileLock } from '../kit/files/fileLock.ts'
import { createSharedSync } from '../kit/files/sharedSync.ts'
import { BlobCorruptError, BlobNotFoundError, LAST_USE_PRECISION_MS, type BlobInfo, type ContentStore, type Ingest, type IngestOptions } from './contentStore.ts'
import { createFollowedFile, type FollowedFile } from './internal/followedFile.ts'
import { LAYOUT_FILE, LAYOUT_INDEX, LAYOUT_INDEX_LOCK } from './layoutFiles.ts'
import { passingBuffer } from '../kit/process/passingBuffer.ts'
import { storeErrorOf } from './storeError.ts'

/*
 * `<folder>` is an OCI image layout: `blobs/sha256/<hex>`, `oci-layout`, `index.json`. What is being written stands in
 * `ingest/`, each file locked by its writer (so a file that nobody locks was left by a killed process), and becomes a
 * blob by fsync and rename. A blob's modification time is when it was last used.
 */

export interface FileStoreOptions {
  readonly folder: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const readAsync = promisify(readCallback)

const READ_BYTES = 256 * 1024
/** So long an interrupted download waits for the next try. */
const RESUMABLE_FOR_MS = 24 * 3_600_000

/** Makes the folder where there is none, and removes what killed processes left in it. @throws StoreFullError; StoreUnwritableError */
export async function openFileStore(options: FileStoreOptions, signal: AbortSignal): Promise<ContentStore> {
  signal.throwIfAborted()
  const { folder, now } = options
  const [blobs, ingests] = [join(folder, 'blobs', 'sha256'), join(folder, 'ingest')]
  const blobPath = (digest: Digest): string => join(blobs, digestHex(digest))
  const syncBlobs = createSharedSync(blobs)
  try {
    await ensureLayout(folder, [blobs, ingests], signal)
    await sweep(ingests, now() - RESUMABLE_FOR_MS)
  } catch (error) {
    throw storeErrorOf(error, folder)
  }
  return {
    async sizeBytes(digest, callSignal) {
      callSignal.throwIfAborted()
      const info = statSync(blobPath(digest), { throwIfNoEntry: false }) // asked of each blob in each build: another thread takes twenty times as long as the answer
      if (info !== undefined) await touch(blobPath(digest), info.mtimeMs, now())
      return info?.size
    },
    read: (digest, offset, callSignal) => readBlob({ digest, path: blobPath(digest), offset, now }, callSignal),
    async readInto(digest, offset, target, callSignal) {
      callSignal.throwIfAborted()
      return await readInto({ digest, path: blobPath(digest), offset, now }, target)
    },
    async openIngest(ingest, callSignal) {
      callSignal.throwIfAborted()
      try {
        return await openIngest({ folder, ingests, blobPath, syncBlobs }, ingest)
      } catch (error) {
        throw storeErrorOf(error, folder)
      }
    },
    list: (callSignal) => listBlobs(blobs, callSignal),
    async remove(digest, usedBefore, callSignal) {
      callSignal.throwIfAborted()
      const info = await statBlob(blobPath(digest))
      if (info !== undefined && info.mtimeMs >= usedBefore) return false
      await rm(blobPath(digest), { force: true })
      return true
    },
  }
}

async function ensureLayout(folder: string, folders: readonly string[], signal: AbortSignal): Promise<void> {
  for (const path of folders) await mkdir(path, { recursive: true })
  await ensureFile(join(folder, LAYOUT_FILE), { imageLayoutVersion: '1.0.0' })
  const index = join(folder, LAYOUT_INDEX)
  if ((await statBlob(index)) !== undefined) return
  const lock = await acquireLock(join(folder, LAYOUT_INDEX_LOCK), 'exclusive', signal) // else one that somebody names an image in meanwhile would be replaced
  try {
    await ensureFile(index, { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] })
  } finally {
    lock.remove()
  }
}

async function ensureFile(path: string, content: object): Promise<void> {
  if ((await statBlob(path)) === undefined) await writeFileAtomically(path, JSON.stringify(content), { mode: 0o644 })
}

async function sweep(ingests: string, keptSince: number): Promise<void> {
  for await (const entry of await opendir(ingests)) {
    if (entry.isDirectory()) continue // containerd's, in a layout that BuildKit writes to as well
    const { name } = entry
    const path = join(ingests, name)
    const lock = tryLock(path, 'exclusive')
    if (lock === undefined) continue
    const info = await stat(path)
    const isKept = isResumable(name) && info.size > 0 && info.mtimeMs >= keptSince
    if (!isKept) lock.remove()
    await lock[Symbol.asyncDispose]()
  }
}

async function statBlob(path: string): Promise<{ size: number; mtimeMs: number } | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function touch(path: string, lastUsedAt: number, at: number): Promise<void> {
  if (at - lastUsedAt < LAST_USE_PRECISION_MS) return
  await utimes(path, at / 1000, at / 1000).catch(() => undefined) // pruned meanwhile, or a store that may only be read
}

interface BlobRead {
  readonly digest: Digest
  readonly path: string
  readonly offset: number
  readonly now: () => number
}

/** A blob that turns out to be corrupt is removed, so that the next build fetches it again. */
async function* readBlob({ digest, path, offset, now }: BlobRead, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  const hash = offset === 0 ? createBackgroundHash() : undefined
  const fd = openBlobSync(digest, path)
  try {
    const { size, mtimeMs } = fstatSync(fd)
    await touch(path, mtimeMs, now())
    for (let position = offset; position < size; ) {
      signal.throwIfAborted()
      const wanted = Math.min(READ_BYTES, size - position) // most blobs that are read are small
      const { buffer, bytesRead } = await readAsync(fd, passingBuffer(wanted), 0, wanted, position)
      if (bytesRead === 0) break
      const chunk = buffer.subarray(0, bytesRead)
      const hashed = hash?.update(chunk) // while it is used
      hashed?.catch(() => undefined) // it is awaited below
      position += bytesRead
      try {
        yield chunk
      } finally {
        await hashed
      }
    }
  } finally {
    closeSync(fd)
  }
  const actual = hash === undefined ? digest : parseDigest(`sha256:${hash.hex()}`)
  if (actual === digest) return
  await rm(path, { force: true })
  throw new BlobCorruptError(digest, actual)
}

/** Of the many small reads only what may have to wait for the disk goes to another thread. */
async function readInto({ digest, path, offset, now }: BlobRead, target: Uint8Array): Promise<boolean> {
  const fd = openBlobSync(digest, path)
  try {
    await touch(path, fstatSync(fd).mtimeMs, now())
    for (let filled = 0; filled < target.byteLength; ) {
      const { bytesRead } = await readAsync(fd, target, filled, target.byteLength - filled, offset + filled)
      if (bytesRead === 0) return false
      filled += bytesRead
    }
    return true
  } finally {
    closeSync(fd)
  }
}

function openBlobSync(digest: Digest, path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    throw isMissing(error) ? new BlobNotFoundError(digest) : error
  }
}

async function* listBlobs(blobs: string, signal: AbortSignal): AsyncGenerator<BlobInfo> {
  for await (const { name } of await opendir(blobs)) {
    signal.throwIfAborted()
    const info = /^[0-9a-f]{64}$/.test(name) ? await statBlob(join(blobs, name)) : undefined
    if (info !== undefined) yield { digest: parseDigest(`sha256:${name}`), sizeBytes: info.size, lastUsedAt: info.mtimeMs }
  }
}

interface Places {
  readonly folder: string
  readonly ingests: string
  readonly blobPath: (digest: Digest) => string
  /** Makes the blobs' names last. */
  readonly syncBlobs: () => Promise<void>
}

async function openIngest(places: Places, { resumeKey }: IngestOptions): Promise<Ingest> {
  await using stack = new AsyncDisposableStack()
  const lock = lockIngest(places.ingests, resumeKey)
  stack.use(lock)
  const file = stack.use(await open(lock.path, 'r+'))
  const hash = createBackgroundHash()
  const offset = resumeKey === undefined ? 0 : await hashWhole(file, hash)
  const writeback = stack.use(createEarlyWriteback(file.fd))
  const held = stack.move()
  return createIngest({ places, lock, file, hash, offset, writeback, held })
}

/** Where another writer has the key, this one gets a file that is not kept. */
function lockIngest(ingests: string, resumeKey: string | undefined): FileLock {
  const resumed = resumeKey === undefined ? undefined : tryLock(join(ingests, `${RESUMABLE}${createHash('sha256').update(resumeKey).digest('hex')}`), 'exclusive')
  if (resumed !== undefined) return resumed
  for (;;) {
    const fresh = tryLock(join(ingests, `once-${randomUUID()}`), 'exclusive')
    if (fresh !== undefined) return fresh // else a sweep came between
  }
}

const RESUMABLE = 'resumable-'

function isResumable(name: string): boolean {
  return name.startsWith(RESUMABLE)
}

async function hashWhole(file: FileHandle, hash: BackgroundHash): Promise<number> {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, position)
    if (bytesRead === 0) return position
    await hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
}

interface OpenedIngest {
  readonly places: Places
  readonly lock: FileLock
  readonly file: FileHandle
  readonly hash: BackgroundHash
  readonly offset: number
  readonly writeback: TrailingCalls
  /** Lock, file and write-back. */
  readonly held: AsyncDisposableStack
}

function createIngest({ places, lock, file, hash, offset, writeback, held }: OpenedIngest): Ingest {
  let sizeBytes = offset
  let isCommitted = false
  let followed: FollowedFile | undefined
  const publish = async (digest: Digest): Promise<void> => {
    await file.chmod(0o444)
    await file.sync()
    followed?.moveTo(places.blobPath(digest))
    await rename(lock.path, places.blobPath(digest))
    await places.syncBlobs()
  }
  return {
    offset,
    async write(chunk) {
      const hashed = hash.update(chunk) // while another thread writes; after a write that failed, nothing more is asked of an ingest
      try {
        await Promise.all([writeFully(file, chunk, sizeBytes), hashed])
      } catch (error) {
        await hashed // the caller may use the chunk's memory again
        throw storeErrorOf(error, places.folder)
      }
      followed?.note(chunk)
      sizeBytes += chunk.byteLength
      writeback.note(sizeBytes)
    },
    follow() {
      if (sizeBytes > 0) throw new Error('it is too late to follow this ingest')
      followed ??= createFollowedFile(lock.path)
      return followed.read
    },
    async commit(expected) {
      const digest = parseDigest(`sha256:${hash.hex()}`)
      if (expected !== undefined && digest !== expected) {
        lock.remove() // a resume would only find the same wrong bytes
        throw new BlobCorruptError(expected, digest)
      }
      try {
        await publish(digest)
      } catch (error) {
        throw storeErrorOf(error, places.folder)
      }
      isCommitted = true
      followed?.end('whole')
      return { digest, sizeBytes }
    },
    async [Symbol.asyncDispose]() {
      followed?.end('given-up')
      if (!isCommitted && !isResumable(lock.path.slice(places.ingests.length + 1))) lock.remove()
      await held.disposeAsync()
    },
  }
}

async function writeFully(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, written, chunk.byteLength - written, position + written)
    written += bytesWritten
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
