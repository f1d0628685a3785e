import { parseDigest, type Digest } from '../../ground/digest.ts'
import type { ByteString } from '../../kit/byteString.ts'
import { integerOf, optionalTextOf, type Database, type Row } from '../../kit/database.ts'
import type { SnapshotId } from '../snapshotStore.ts'

/** Digests of one snapshot's files by path. They go with the snapshot's row. */
export interface HashCache {
  get(path: ByteString): KnownHash | undefined
  /** The digest of a folder, all in it counted. */
  folder(path: ByteString): Digest | undefined
  put(path: ByteString, hash: KnownHash): void
  /** A regular file's content, of which the rest is not known yet. */
  seed(path: ByteString, content: Digest): void
  /** Makes what was put last. */
  save(): void
}

export interface KnownHash {
  /** Undefined where only the content was seeded. */
  readonly digest: Digest | undefined
  readonly content: Digest | undefined
  readonly isFolder: boolean
}

/** `path` holds one character a byte, as a ByteString does. */
const MIGRATIONS = [
  `CREATE TABLE content_hash (
     snapshot TEXT NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE, path TEXT NOT NULL,
     digest TEXT, content TEXT, is_folder INTEGER NOT NULL, PRIMARY KEY (snapshot, path)) STRICT, WITHOUT ROWID`,
]

/** So many rows are kept back at most. */
const PENDING_BOUND = 4096

/** To be called once a process, after the store's own tables are there. */
export function prepareHashCache(database: Database): void {
  database.migrate('content-hash', MIGRATIONS)
}

export function createHashCache(database: Database, snapshot: SnapshotId): HashCache {
  const pending = new Map<ByteString, KnownHash>()
  const save = (): void => {
    if (pending.size === 0) return // a transaction waits for other writers
    database.transaction(() => {
      for (const [path, { digest, content, isFolder }] of pending) {
        database.run('INSERT OR REPLACE INTO content_hash VALUES (?, ?, ?, ?, ?)', snapshot, path, digest ?? null, content ?? null, Number(isFolder))
      }
    })
    pending.clear()
  }
  const put = (path: ByteString, hash: KnownHash): void => {
    pending.set(path, hash)
    if (pending.size >= PENDING_BOUND) save()
  }
  const get = (path: ByteString): KnownHash | undefined => {
    const row = pending.has(path) ? undefined : database.get('SELECT * FROM content_hash WHERE snapshot = ? AND path = ?', snapshot, path)
    return row === undefined ? pending.get(path) : hashOf(row)
  }
  return {
    get,
    put,
    save,
    folder(path) {
      const known = get(path)
      return known?.isFolder === true ? known.digest : undefined
    },
    seed: (path, content) => void put(path, { digest: undefined, content, isFolder: false }),
  }
}

/** For the empty file system. */
export const NO_CACHE: HashCache = { get: () => undefined, folder: () => undefined, put: () => undefined, seed: () => undefined, save: () => undefined }

function hashOf(row: Row): KnownHash {
  return { digest: digestIn(row, 'digest'), content: digestIn(row, 'content'), isFolder: integerOf(row, 'is_folder') === 1 }
}

function digestIn(row: Row, column: string): Digest | undefined {
  const text = optionalTextOf(row, column)
  return text === undefined ? undefined : parseDigest(text)
}
