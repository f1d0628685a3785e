import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { integerOf, openDatabase, optionalTextOf, textOf } from './database.ts'

const folder = mkdtempSync(join(tmpdir(), 'pelago-database-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = (): string => join(folder, String(++files), 'state.db')
const STEPS = ['CREATE TABLE pet (name TEXT, age INTEGER) STRICT', "INSERT INTO pet VALUES ('Rex', 3)"]

/** Lets go by itself, since who waits cannot tell it to. */
const HOLD_A_NEW_FILE = `
  const { parentPort, workerData } = require('node:worker_threads')
  const connection = new (require('node:sqlite').DatabaseSync)(workerData)
  connection.exec('BEGIN IMMEDIATE; CREATE TABLE held (a)')
  parentPort.postMessage('held')
  setTimeout(() => connection.exec('COMMIT'), 50)
`

describe('openDatabase', () => {
  it('takes each step of a module once, however often the file is opened', () => {
    const path = newPath()
    for (const steps of [STEPS.slice(0, 1), STEPS, STEPS]) {
      using database = openDatabase(path)
      database.migrate('pets', steps)
    }
    using database = openDatabase(path)
    assert.deepEqual(database.all('SELECT name FROM pet').map((row) => textOf(row, 'name')), ['Rex'])
  })

  it('takes no step of a module one of whose steps fails', () => {
    using database = openDatabase(newPath())
    assert.throws(() => database.migrate('pets', [...STEPS, 'no SQL']))
    database.migrate('pets', STEPS)
    assert.equal(database.all('SELECT * FROM pet').length, 1)
  })

  it('refuses a file with steps of a newer release', () => {
    using database = openDatabase(newPath())
    database.migrate('pets', STEPS)
    assert.throws(() => database.migrate('pets', STEPS.slice(0, 1)), { name: 'DatabaseTooNewError', kind: 'conflict' })
  })

  it('undoes all of a transaction that throws, an inner one too', () => {
    using database = openDatabase(newPath())
    database.migrate('pets', STEPS)
    const fail = (): void =>
      database.transaction(() => {
        database.transaction(() => database.run('DELETE FROM pet'))
        throw new RangeError('enough')
      })
    assert.throws(fail, RangeError)
    assert.equal(database.all('SELECT * FROM pet').length, 1)
  })

  it('waits for another that is at work on a file that is still new', async () => {
    const path = newPath()
    mkdirSync(dirname(path))
    const holder = new Worker(HOLD_A_NEW_FILE, { eval: true, workerData: path })
    await once(holder, 'message')
    using database = openDatabase(path)
    assert.deepEqual(database.all('SELECT * FROM held').length, 0)
    await once(holder, 'exit')
  })

  it('sees what another connection committed', () => {
    const path = newPath()
    using one = openDatabase(path)
    using other = openDatabase(path)
    one.migrate('pets', STEPS)
    other.migrate('pets', STEPS)
    assert.equal(one.run('UPDATE pet SET name = ?, age = age + ?', null, 2), 1)
    const [row] = other.all('SELECT * FROM pet')
    assert.ok(row)
    assert.deepEqual([optionalTextOf(row, 'name'), integerOf(row, 'age')], [undefined, 5])
  })

  it('says that a file is damaged, and what to do', () => {
    const path = join(folder, 'damaged.db')
    writeFileSync(path, 'no database at all. '.repeat(500))
    assert.throws(() => openDatabase(path), { name: 'DatabaseCorruptError', kind: 'corrupt', hint: /move the file away/ })
  })
})
