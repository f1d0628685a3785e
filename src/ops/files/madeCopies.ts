import { digestOf, type Digest } from '../../ground/digest.ts'
import { textOf, type Database } from '../../kit/database.ts'
import type { SnapshotId } from '../../snapshot/snapshotStore.ts'

/** What a COPY came to the last time, and of which source: where that has changed a little since, so has the result. */
export interface MadeCopies {
  find(copy: Digest): MadeCopy | undefined
  /** In the place of the one before. Nothing where one of the snapshots is gone again: others may have pruned it. */
  record(copy: Digest, made: MadeCopy): void
}

export interface MadeCopy {
  readonly source: SnapshotId
  readonly result: SnapshotId
}

/** Names a copy by what it does, and by all that it reads beside its source. */
export function copyKey(parts: readonly string[]): Digest {
  return digestOf(parts.join('\0'))
}

const MIGRATIONS = [
  `CREATE TABLE made_copy (
     copy TEXT PRIMARY KEY, source TEXT NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE,
     result TEXT NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
   CREATE INDEX made_copy_by_source ON made_copy (source);
   CREATE INDEX made_copy_by_result ON made_copy (result);`,
]

/** In the database of the snapshots, with which its rows go. */
export function createMadeCopies(database: Database): MadeCopies {
  database.migrate('made-copy', MIGRATIONS)
  return {
    find(copy) {
      const row = database.get('SELECT source, result FROM made_copy WHERE copy = ?', copy)
      return row === undefined ? undefined : { source: textOf(row, 'source') as SnapshotId, result: textOf(row, 'result') as SnapshotId }
    },
    record: (copy, { source, result }) => void database.run('INSERT OR REPLACE INTO made_copy SELECT ?1, source.id, result.id FROM snapshot AS source, snapshot AS result WHERE source.id = ?2 AND result.id = ?3', copy, source, result),
  }
}
