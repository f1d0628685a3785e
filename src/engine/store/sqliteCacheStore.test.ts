import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { openDatabase } from '../../kit/database.ts'
import { rootKey } from '../../solver/cacheKey.ts'
import { cacheStoreSuite } from '../../solver/cacheStore.suite.ts'
import { createSqliteCacheStore } from './sqliteCacheStore.ts'

const folder = mkdtempSync(join(tmpdir(), 'pelago-cache-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

cacheStoreSuite('the SQLite cache store', () => createSqliteCacheStore(openDatabase(join(folder, `${++files}.db`))))

describe('the SQLite cache store, opened twice', () => {
  it('shows at once what the other has recorded', () => {
    const path = join(folder, 'shared.db')
    const [a, b] = [createSqliteCacheStore(openDatabase(path)), createSqliteCacheStore(openDatabase(path))]
    const key = rootKey(digestOf('image'), 0)
    a.record({ links: [], results: [{ key, result: 'snapshot' }] })
    assert.deepEqual(b.results([key]), ['snapshot'])
    b.record({ links: [], results: [{ key, result: 'later' }] })
    assert.deepEqual(a.results([key]), ['later', 'snapshot'])
  })
})
