import type { Digest } from '../../ground/digest.ts'
import { textOf, type Database, type Row } from '../../kit/database.ts'
import type { SnapshotId } from '../../snapshot/snapshotStore.ts'
import type { Validators } from './httpDownload.ts'

/** A file that was downloaded. */
export interface HttpFile extends Validators {
  /** Holds the file alone. */
  readonly snapshot: SnapshotId
  readonly filename: string
  readonly digest: Digest
}

/** What was downloaded last, by what was asked for. Losing a record costs time, no more. */
export interface HttpRecords {
  get(request: Digest): HttpFile | undefined
  put(request: Digest, file: HttpFile): void
  remove(request: Digest): void
}

export function createHttpRecords(database: Database): HttpRecords {
  database.migrate('http', [
    'CREATE TABLE http_file (request TEXT PRIMARY KEY, snapshot TEXT NOT NULL, filename TEXT NOT NULL, digest TEXT NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL) STRICT, WITHOUT ROWID',
  ])
  return {
    get(request) {
      const row = database.get('SELECT * FROM http_file WHERE request = ?', request)
      return row === undefined ? undefined : toFile(row)
    },
    put(request, { snapshot, filename, digest, etag, lastModified }) {
      database.run('INSERT OR REPLACE INTO http_file VALUES (?, ?, ?, ?, ?, ?)', request, snapshot, filename, digest, etag, lastModified)
    },
    remove(request) {
      database.run('DELETE FROM http_file WHERE request = ?', request)
    },
  }
}

function toFile(row: Row): HttpFile {
  return {
    snapshot: textOf(row, 'snapshot') as SnapshotId,
    filename: textOf(row, 'filename'),
    digest: textOf(row, 'digest') as Digest,
    etag: textOf(row, 'etag'),
    lastModified: textOf(row, 'last_modified'),
  }
}
