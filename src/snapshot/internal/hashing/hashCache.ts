import { parseDigest, type Digest } from '../../../ground/digest.ts'
import type { ByteString } from '../../../kit/byteString.ts'
import { integerOf, optionalTextOf, textOf, type Database, type Row } from '../../../kit/database.ts'
import type { SnapshotId } from '../../snapshotStore.ts'

/** Digests of one snapshot's files by path. They go with the snapshot's row. */
export interface HashCache {
  get(path: ByteString): KnownHash | undefined
  /** The digest of a folder, all in it counted, or of a regular file; undefined for a link, which may have to be followed. */
  unlinked(path: ByteString): Digest | undefined
  put(path: ByteString, hash: KnownHash): void
  /** A regular file's content, of which the rest is not known yet; undefined where nothing is known, whatever the base says. */
  seed(path: ByteString, content: Digest | undefined): void
  /** What is not known of this snapshot, and was neither put nor seeded, is as it is in `base`. To be called before anything is put. */
  inherit(base: SnapshotId): void
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
  `CREATE TABLE content_hash_base (
     snapshot TEXT PRIMARY KEY REFERENCES snapshot (id) ON DELETE CASCADE,
     base TEXT NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE) STRICT, WITHOUT ROWID`,
]

/** So many rows are kept back at most. */
const PENDING_BOUND = 4096

/** To be called once a process, after the store's own tables are there. */
export function prepareHashCache(database: Database): void {
  database.migrate('content-hash', MIGRATIONS)
}

export function createHashCache(database: Database, snapshot: SnapshotId): HashCache {
  const pending = new Map<ByteString, KnownHash>()
  const generations = generationsOf(database, snapshot)
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
    const known = pending.get(path)
    if (known !== undefined) return known
    for (const id of generations) {
      const row = database.get('SELECT * FROM content_hash WHERE snapshot = ? AND path = ?', id, path)
      if (row !== undefined) return hashOf(row)
    }
    return undefined
  }
  return {
    get,
    put,
    save,
    unlinked(path) {
      const known = get(path)
      return known?.isFolder === true || known?.content !== undefined ? known.digest : undefined
    },
    seed: (path, content) => void put(path, { digest: undefined, content, isFolder: false }),
    inherit(base) {
      database.run('INSERT OR REPLACE INTO content_hash_base VALUES (?, ?)', snapshot, base)
      generations.splice(1, Infinity, ...generationsOf(database, base))
    },
  }
}

/** The snapshot itself, what it inherits from, and so on. */
function generationsOf(database: Database, snapshot: SnapshotId): SnapshotId[] {
  const rows = database.all(
    `WITH RECURSIVE line (id, depth) AS (
       SELECT ?, 0 UNION ALL SELECT base, depth + 1 FROM line JOIN content_hash_base ON snapshot = id)
     SELECT id FROM line ORDER BY depth`,
    snapshot,
  )
  return rows.map((row) => textOf(row, 'id') as SnapshotId)
}

/** For the empty file system. */
export const NO_CACHE: HashCache = { get: () => undefined, unlinked: () => undefined, put: () => undefined, seed: () => undefined, inherit: () => undefined, save: () => undefined }

function hashOf(row: Row): KnownHash {
  return { digest: digestIn(row, 'digest'), content: digestIn(row, 'content'), isFolder: integerOf(row, 'is_folder') === 1 }
}

function digestIn(row: Row, column: string): Digest | undefined {
  const text = optionalTextOf(row, column)
  return text === undefined ? undefined : parseDigest(text)
}
