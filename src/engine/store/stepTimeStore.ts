import { digestOf } from '../../ground/digest.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { integerOf, type Database } from '../../kit/database.ts'
import type { StepTime, StepTimes } from '../../ops/stepTimes.ts'

/** How long steps took the last time, in the store's database. */
export interface StepTimeStore extends StepTimes {
  /** Of the same step; else of one of the same words and platform, run in the same way. In milliseconds. */
  find(step: Omit<StepTime, 'durationMs'>): number | undefined
  /** Forgets what was recorded before. */
  forget(before: number): void
}

/** The steps of a few hundred builds, in less than a megabyte. */
const MAX_KEPT = 4000
const KEPT_MS = 90 * 24 * 60 * 60 * 1000

const MIGRATIONS = [
  `CREATE TABLE step_time (op TEXT NOT NULL, mode TEXT NOT NULL, words TEXT NOT NULL, duration_ms INTEGER NOT NULL, recorded_at INTEGER NOT NULL, PRIMARY KEY (op, mode)) STRICT, WITHOUT ROWID;
   CREATE INDEX step_time_by_words ON step_time (words, mode, recorded_at);
   CREATE INDEX step_time_by_age ON step_time (recorded_at);`,
]

const ADD = `INSERT INTO step_time VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (op, mode) DO UPDATE SET words = excluded.words, duration_ms = excluded.duration_ms, recorded_at = excluded.recorded_at`
const TRIM = `DELETE FROM step_time WHERE recorded_at < ? OR recorded_at < (SELECT recorded_at FROM step_time ORDER BY recorded_at DESC LIMIT 1 OFFSET ?)`

/** Keeps `maxKept` of them, the last ones. */
export function createStepTimeStore(database: Database, now: () => number, maxKept = MAX_KEPT): StepTimeStore {
  database.migrate('step-time', MIGRATIONS)
  return {
    record(step) {
      database.transaction(() => {
        database.run(ADD, step.op, step.mode, wordsOf(step), Math.round(step.durationMs), now())
        database.run(TRIM, now() - KEPT_MS, maxKept - 1)
      })
    },
    find(step) {
      const row =
        database.get('SELECT duration_ms FROM step_time WHERE op = ? AND mode = ?', step.op, step.mode) ??
        database.get('SELECT duration_ms FROM step_time WHERE words = ? AND mode = ? ORDER BY recorded_at DESC LIMIT 1', wordsOf(step), step.mode)
      return row === undefined ? undefined : integerOf(row, 'duration_ms')
    },
    forget: (before) => void database.run('DELETE FROM step_time WHERE recorded_at < ?', before),
  }
}

/** What is the same in another place of a Dockerfile, and where another step came before. */
function wordsOf({ name, platform }: Pick<StepTime, 'name' | 'platform'>): string {
  return digestOf(`${platform === undefined ? '' : formatPlatform(platform)} ${name.replace(/^\[[^\]]*\] /, '')}`)
}
