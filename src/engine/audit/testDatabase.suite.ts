import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openDatabase, type Database } from '../../kit/database.ts'

/** An empty store's database, which is gone with the test. */
export function openTestDatabase(t: TestContext): Database {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-audit-'))
  const database = openDatabase(join(folder, 'state.db'))
  t.after(() => {
    database[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  })
  return database
}
