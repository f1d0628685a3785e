import { integerOf, textOf, type Database, type Row } from '../../kit/database.ts'

/** The cache folders of a store. */
export interface CacheFolderTable {
  get(id: string): CacheFolderRow | undefined
  /** Those that a request of this key may have, last used first. */
  find(key: string): readonly CacheFolderRow[]
  list(): readonly CacheFolderRow[]
  insert(row: CacheFolderRow): void
  /** Marks it as used now; false where it is not known. */
  touch(id: string, at: number): boolean
  remove(id: string): void
}

export interface CacheFolderRow {
  readonly id: string
  readonly key: string
  readonly cacheId: string
  readonly description: string
  readonly createdAt: number
  readonly lastUsedAt: number
}

const MIGRATIONS = [
  `CREATE TABLE cache_folder (
     id TEXT PRIMARY KEY, key TEXT NOT NULL, cache_id TEXT NOT NULL, description TEXT NOT NULL, created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL) STRICT;
   CREATE INDEX cache_folder_by_key ON cache_folder (key);`,
]

export function openCacheFolderTable(database: Database): CacheFolderTable {
  database.migrate('cache-folder', MIGRATIONS)
  return {
    get(id) {
      const row = database.get('SELECT * FROM cache_folder WHERE id = ?', id)
      return row === undefined ? undefined : toCacheFolder(row)
    },
    find: (key) => database.all('SELECT * FROM cache_folder WHERE key = ? ORDER BY last_used_at DESC, id', key).map(toCacheFolder),
    list: () => database.all('SELECT * FROM cache_folder ORDER BY created_at, id').map(toCacheFolder),
    insert({ id, key, cacheId, description, createdAt, lastUsedAt }) {
      database.run('INSERT INTO cache_folder VALUES (?, ?, ?, ?, ?, ?)', id, key, cacheId, description, createdAt, lastUsedAt)
    },
    touch: (id, at) => database.run('UPDATE cache_folder SET last_used_at = ? WHERE id = ?', at, id) > 0,
    remove(id) {
      database.run('DELETE FROM cache_folder WHERE id = ?', id)
    },
  }
}

function toCacheFolder(row: Row): CacheFolderRow {
  return {
    id: textOf(row, 'id'),
    key: textOf(row, 'key'),
    cacheId: textOf(row, 'cache_id'),
    description: textOf(row, 'description'),
    createdAt: integerOf(row, 'created_at'),
    lastUsedAt: integerOf(row, 'last_used_at'),
  }
}
