import type { HistoryConfig } from '../config/engineConfig.ts'
import { parseDigest, type Digest } from '../../ground/digest.ts'
import { bytesOf, integerOf, textOf, type Database, type Row } from '../../kit/database.ts'

/** A build that is over, as it is kept. */
export interface KeptBuild {
  /** The client's name for it. */
  readonly ref: string
  readonly startedAtMs: number
  readonly completedAtMs: number
  /** Whether it stays until it is removed. */
  readonly isPinned: boolean
  /** What is told of it; the store does not read it. */
  readonly record: Uint8Array
  /** A blob of the content store: what happened in it. */
  readonly events: Digest | undefined
  /** Further blobs that the record names. */
  readonly attachments: readonly Digest[]
}

/** The past builds of a store. Of several processes on one store each sees what the others have put. */
export interface BuildRecordStore {
  /** Adds it, or replaces that of its ref. */
  put(build: KeptBuild): void
  /** Those that are too old and too many. */
  surplus(): readonly KeptBuild[]
  get(ref: string): KeptBuild | undefined
  /** The one that began last first. */
  list(): readonly KeptBuild[]
  /** Whether there is such a build. */
  remove(ref: string): boolean
}

/** As BuildKit: more than so many are kept while they are young. */
const MAX_KEPT = 50
const KEPT_MS = 48 * 3_600_000
/** A machine that builds all the time has no use for all of it. */
const MAX_YOUNG = 1000

const MIGRATIONS = [
  'CREATE TABLE build_record (ref TEXT PRIMARY KEY, started_at_ms INTEGER NOT NULL, completed_at_ms INTEGER NOT NULL, is_pinned INTEGER NOT NULL, record BLOB NOT NULL, events TEXT NOT NULL) STRICT',
  "ALTER TABLE build_record ADD COLUMN attachments TEXT NOT NULL DEFAULT ''",
  'CREATE INDEX build_record_by_end ON build_record (is_pinned, completed_at_ms)',
]

/** In the index: most of the time there is none, and what is kept need not be read for that. */
const SURPLUS = `SELECT build_record.* FROM (SELECT rowid AS id, completed_at_ms AS ended, row_number() OVER (ORDER BY completed_at_ms DESC, rowid DESC) AS place FROM build_record WHERE is_pinned = 0)
  JOIN build_record ON rowid = id WHERE place > ? AND (place > ? OR ended < ?) ORDER BY place`

/** More than `maxEntries` are kept while they are younger than `maxAgeMs`; what is undefined is as in BuildKit. */
export function createBuildRecordStore(database: Database, now: () => number, { maxEntries = MAX_KEPT, maxAgeMs = KEPT_MS }: Partial<HistoryConfig> = {}): BuildRecordStore {
  database.migrate('build-records', MIGRATIONS)
  return {
    put({ ref, startedAtMs, completedAtMs, isPinned, record, events, attachments }) {
      database.run('INSERT OR REPLACE INTO build_record VALUES (?, ?, ?, ?, ?, ?, ?)', ref, startedAtMs, completedAtMs, isPinned ? 1 : 0, record, events ?? '', attachments.join(' '))
    },
    surplus: () => database.all(SURPLUS, maxEntries, Math.max(maxEntries, MAX_YOUNG), now() - maxAgeMs).map(toBuild),
    get(ref) {
      const row = database.get('SELECT * FROM build_record WHERE ref = ?', ref)
      return row === undefined ? undefined : toBuild(row)
    },
    list: () => database.all('SELECT * FROM build_record ORDER BY started_at_ms DESC, rowid DESC').map(toBuild),
    remove: (ref) => database.run('DELETE FROM build_record WHERE ref = ?', ref) > 0,
  }
}

function toBuild(row: Row): KeptBuild {
  const events = textOf(row, 'events')
  return {
    ref: textOf(row, 'ref'),
    startedAtMs: integerOf(row, 'started_at_ms'),
    completedAtMs: integerOf(row, 'completed_at_ms'),
    isPinned: integerOf(row, 'is_pinned') === 1,
    record: bytesOf(row, 'record'),
    events: events === '' ? undefined : parseDigest(events),
    attachments: textOf(row, 'attachments').split(' ').filter((text) => text !== '').map((text) => parseDigest(text)),
  }
}
