import { textOf, type Database, type Row } from '../../kit/database.ts'
import { formatLink, parseLink } from '../../solver/cacheKey.ts'
import type { CacheStore, KeyId } from '../../solver/cacheStore.ts'

/** Steps of the tables, oldest first; only ever appended to. */
const MIGRATIONS = [
  `CREATE TABLE cache_link (parent TEXT NOT NULL, link TEXT NOT NULL, child TEXT NOT NULL, PRIMARY KEY (parent, link, child)) STRICT, WITHOUT ROWID;
   CREATE TABLE cache_result (key TEXT NOT NULL, result TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (key, result)) STRICT, WITHOUT ROWID;
   CREATE INDEX cache_result_by_result ON cache_result (result);
   CREATE INDEX cache_result_by_sequence ON cache_result (sequence);`,
  'CREATE INDEX cache_link_by_child ON cache_link (child)',
]

const FIND_LINK = 'SELECT 1 FROM cache_link WHERE parent = ? AND link = ? AND child = ?'
const ADD_LINK = 'INSERT OR IGNORE INTO cache_link (parent, link, child) VALUES (?, ?, ?)'
const ADD_RESULT = `INSERT INTO cache_result (key, result, sequence) VALUES (?, ?, (SELECT coalesce(max(sequence), 0) + 1 FROM cache_result))
  ON CONFLICT (key, result) DO UPDATE SET sequence = excluded.sequence`

/** The build cache's keys in the store's database. Newer is what was recorded later, by whichever process. */
export function createSqliteCacheStore(database: Database): CacheStore {
  database.migrate('cache', MIGRATIONS)
  return {
    follow: (parent, link) => database.all('SELECT child FROM cache_link WHERE parent = ? AND link = ?', parent, formatLink(link)).map((row) => textOf(row, 'child') as KeyId),
    leadsTo: (child) => database.all('SELECT parent, link FROM cache_link WHERE child = ? ORDER BY parent, link', child).map((row) => ({ parent: textOf(row, 'parent') as KeyId, ...parseLink(textOf(row, 'link')) })),
    results(keys) {
      if (keys.length === 0) return []
      const rows = database.all(
        'SELECT result FROM cache_result WHERE key IN (SELECT value FROM json_each(?)) GROUP BY result ORDER BY max(sequence) DESC',
        JSON.stringify(keys),
      )
      return rows.map(resultOf)
    },
    record({ links, results }) {
      const unknown = links.map(({ parent, link, child }) => [parent, formatLink(link), child] as const).filter((row) => database.get(FIND_LINK, ...row) === undefined)
      if (unknown.length === 0 && results.length === 0) return // as in a build that is cached: a transaction takes longer than many looks
      database.transaction(() => {
        for (const row of unknown) database.run(ADD_LINK, ...row)
        for (const { key, result } of results) database.run(ADD_RESULT, key, result)
      })
    },
    removeResult(result) {
      database.run('DELETE FROM cache_result WHERE result = ?', result)
    },
  }
}

function resultOf(row: Row): string {
  return textOf(row, 'result')
}
