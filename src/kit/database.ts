import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { BuildError } from '../ground/errors.ts'

/** One SQLite file in which several modules own tables. Several processes may have it open; each statement sees what the others committed. */
export interface Database extends Disposable {
  readonly path: string
  /**
   * Brings the tables of `module` to the state after its last step, each step once for a file, all or none.
   * Steps are never edited once released, only appended. @throws DatabaseTooNewError; DatabaseCorruptError
   */
  migrate(module: string, steps: readonly string[]): void
  /** Changes rows; gives their number. */
  run(sql: string, ...values: readonly SQLInputValue[]): number
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined
  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[]
  /**
   * All of `work` or nothing of it; no other process writes meanwhile. Inside another transaction it is a part of that.
   * `work` must not wait for anything, so it is synchronous.
   */
  transaction<T>(work: () => T): T
}

export type Row = Readonly<Record<string, SQLOutputValue>>

/** How long a statement waits for another process's write. Transactions here take milliseconds; a machine out of breath may need more. */
const BUSY_TIMEOUT_MS = 10_000
const BUSY_PAUSE_MS = 5

/** Makes the file, and the folder it is in, where there is none. @throws DatabaseCorruptError */
export function openDatabase(path: string): Database {
  mkdirSync(dirname(path), { recursive: true })
  return guard(path, () => {
    const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    try {
      turnToWal(connection)
      // NORMAL: in WAL mode a crash of the machine may undo the last transactions, and never tears one.
      connection.exec('PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON')
      connection.exec('CREATE TABLE IF NOT EXISTS schema_version (module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT')
    } catch (error) {
      connection.close()
      throw error
    }
    return createDatabase(path, connection)
  })
}

/** Here alone SQLite does not wait for another process, such as one that opens the same new file. */
function turnToWal(connection: DatabaseSync): void {
  const deadline = performance.now() + BUSY_TIMEOUT_MS
  for (;;) {
    try {
      connection.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (resultCodeOf(error) !== SQLITE_BUSY || performance.now() > deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE_MS)
    }
  }
}

function createDatabase(path: string, connection: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const made = connection.prepare(sql)
    statements.set(sql, made)
    return made
  }
  const transaction = <T>(work: () => T): T => (connection.isTransaction ? work() : guard(path, () => runTransaction(connection, work)))
  const database: Database = {
    path,
    transaction,
    migrate: (module, steps) => transaction(() => migrate({ database, connection }, module, steps)),
    run: (sql, ...values) => guard(path, () => Number(prepare(sql).run(...values).changes)),
    get: (sql, ...values) => guard(path, () => prepare(sql).get(...values)),
    all: (sql, ...values) => guard(path, () => prepare(sql).all(...values)),
    [Symbol.dispose]() {
      statements.clear()
      if (connection.isOpen) connection.close()
    },
  }
  return database
}

function runTransaction<T>(connection: DatabaseSync, work: () => T): T {
  // IMMEDIATE: to wait for the write lock at the start is the only place where waiting cannot deadlock
  connection.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    connection.exec('COMMIT')
    return result
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

function migrate({ database, connection }: { readonly database: Database; readonly connection: DatabaseSync }, module: string, steps: readonly string[]): void {
  const row = database.get('SELECT version FROM schema_version WHERE module = ?', module)
  const version = row === undefined ? 0 : integerOf(row, 'version')
  if (version > steps.length) throw new DatabaseTooNewError(database.path, module)
  for (const step of steps.slice(version)) connection.exec(step)
  database.run('INSERT INTO schema_version VALUES (?, ?) ON CONFLICT (module) DO UPDATE SET version = excluded.version', module, steps.length)
}

/** Of a column that is declared so: anything else is a bug. */
export function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`column ${column} is no text`)
  return value
}

/** NULL is undefined. */
export function optionalTextOf(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textOf(row, column)
}

export function integerOf(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new TypeError(`column ${column} is no integer`)
  return value
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${column} is no blob`)
  return value
}

/** The file is damaged, or is no database. */
export class DatabaseCorruptError extends BuildError {
  readonly kind = 'corrupt'
  readonly path: string
  constructor(path: string, cause: unknown) {
    super(`database ${JSON.stringify(path)} is damaged`, { hint: 'move the file away: images and the build cache are then made anew', cause })
    this.path = path
  }
}

/** The file has tables that only a newer release understands. */
export class DatabaseTooNewError extends BuildError {
  readonly kind = 'conflict'
  readonly path: string
  constructor(path: string, module: string) {
    super(`database ${JSON.stringify(path)} was written by a newer release (${module})`, { hint: 'use that release, or another root folder (PELAGO_ROOT)' })
    this.path = path
  }
}

/** SQLite's result code for "database is locked". */
const SQLITE_BUSY = 5
/** Those for "image malformed" and "file is not a database". */
const SQLITE_DAMAGE: ReadonlySet<number> = new Set([11, 26])

function guard<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (SQLITE_DAMAGE.has(resultCodeOf(error))) throw new DatabaseCorruptError(path, error)
    throw error
  }
}

/** 0 for what is no error of SQLite's. */
function resultCodeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
}
