import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { parseRpmJournal, parseRpmSqlite } from './rpmDatabase.ts'
import { parseRpmHeader } from './rpmHeader.ts'
import { readSqliteTable } from './sqlitePages.ts'

/** The header that rpm 4.18 keeps of a package which rpmbuild made and it installed, packed. */
const HEADER = inflateSync(Buffer.from('eNqF1UuIHEUYB/BvHnHzMJgQH1FyWEFwF52e6qp+hoAOm2R3xcSFrLBKFKqrqmebzKPp7ll29aLgTQ+CCh5yUPEgiOApePCQg4gHDzl6Ch4ibjTxCeJhdWWm/rsr8WBDz/Dr/1dfVfVMzxDRE0SNazR5pymixiwRHSEiTUT7yR41osYmEd1FRHX4JnwI/gE+Cv9IRE0iOg7fIqIDRHQCvg0/DP+E+hn4Z/R7HP4VOYN/R+7Bf8Ad+E/0X4K3kF+E/4JH8N/wy9bNJuZ7ze65Oc4aRPQGfAB+Ez6I+rfhQ7h/l+G74evwYdR/C9+DfBM+Av8G34v1bWF999nxtRPIH7D1tUeQH0fO7DqbDyI/BT8Evw7P2P619zF+HuM/Qv8F+FN4EeM/g1eQf47xzyG/Cl9Efg31LyD/Bn4R3tlvYtdTn8d4DZ+HDXwBTuEVuAc/D1d2/nqO/iN4HV6z89dfsT72FvJ37fhjX6LfZfgG6j+Av0P9Dfgm8k3rWs3mjVPwPjxvT9rnrXbY9m/g+1o7Cm/g+/kLxu/c3324fhXrvx/5F8i78FfwKvz12HOkTX/Y6mUJuQ53BHmO6cWTZ70+TiYxEV2aSkZrfXv9zLrs5z0zPTcscppfenqNPzYtB3r63OIyPTsoc6OyNDOaVqsqL0+228bWO8Oi256062WD0ToNhrJQq7R71Du3X/2QMNf4pFCoRER+JIMolJEXe0oKwQXzBXMDHvFUaKlFrD2u0oAr6Zkw1lpyKVWoY6n2elMxHFZ3vuzsvDXZeWuyc6cslFPkk51u49i9Q/YGHtw5i7zfy5KZuWE/L0xZGn0265nzsm/KWUI2vnI665qy2ru2JDd6QzkpLhfkmlkqTJqtz5JwmOO1XPKcwGGTd/vqRg7D1LtnHdvaz0/+a/F7261N1uw6OiurVjZIh3TuzHLndGe5Q+1RWbR7WdLON6rV4UA4cbvMKtPKpboku6Zs/3/Fnc3b1HqGT7e6pPJsSN2XspxifLwtbZJMDlr2I//PUdNZYVQ1LDaoc2FucXG6MuvVzt5GVdqKiGnfDzxXeEZzptLE50rGUZSkSnAtlOJGuIEruMci7cZxoiU3Hktiw3XMWRjYXjpkETcuD1wZ61i6qS+YZ7iKhUllFDBX+UzEKWOha4JE+5pJnbiR7yWMCc8f/+bYP8bt7a338MdINPVUc+HKO99fuXVWX5EfP7piPhEJ527ieSIWTAil/EQJoyPXc5nSMmRJYlzpyYAMd4OYJzL0fJ36qfaldFkc+UmaBp6K3VDrJE0NC41hiUhDT4oo8LVv0jg0CTP2OcEtnfyWNsb+B5TkRXE=', 'base64'))

const folder = mkdtempSync(join(tmpdir(), 'pelago-rpm-'))
after(() => rmSync(folder, { recursive: true }))
let databases = 0

interface Making {
  readonly pageBytes: number
  readonly blobs: readonly Uint8Array[]
  readonly deleted?: number
}

/** A database as rpm makes it: lib/backend/sqlite.c. */
function makeDatabase({ pageBytes, blobs, deleted }: Making): Buffer {
  const path = join(folder, String(databases++))
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; CREATE TABLE 'Other' (a TEXT); CREATE TABLE IF NOT EXISTS 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)`)
  const insert = database.prepare('INSERT INTO Packages (blob) VALUES (?)')
  for (const blob of blobs) insert.run(blob)
  if (deleted !== undefined) database.prepare('DELETE FROM Packages WHERE hnum = ?').run(deleted)
  database.close()
  return readFileSync(path)
}

describe('parseRpmHeader', () => {
  it('reads what rpm has written', () => {
    assert.deepEqual(parseRpmHeader(HEADER), {
      one: { kind: 'rpm', name: 'demo-lib', version: '2:1.2.3-4.el9', architecture: 'noarch', source: { name: 'demo-lib', version: '' }, licenses: ['GPLv2+ and MIT'], supplier: 'Example Corp', homepage: 'https://example.org/demo' },
      owned: ['usr/lib/python3.9/site-packages/demo-1.dist-info/METADATA'],
    })
  })
  it('takes anything else without harm', () => {
    fc.assert(
      fc.property(fc.nat(HEADER.byteLength), fc.uint8Array({ maxLength: 20 }), (at, bytes) => {
        const broken = Buffer.from(HEADER)
        broken.set(bytes.subarray(0, broken.byteLength - at), at)
        parseRpmHeader(broken)
        parseRpmHeader(HEADER.subarray(0, at))
        parseRpmHeader(bytes)
      }),
    )
  })
})

describe('readSqliteTable', () => {
  const lengths = fc.array(fc.oneof({ weight: 4, arbitrary: fc.nat(600) }, fc.nat(20_000)), { minLength: 1, maxLength: 60 })
  it('reads what SQLite has written, whatever the sizes', () => {
    fc.assert(
      fc.property(fc.constantFrom(512, 1024, 4096, 65_536), lengths, (pageBytes, sizes) => {
        const blobs = sizes.map((size, index) => new Uint8Array(size).fill(index + 1))
        const rows = [...(readSqliteTable(makeDatabase({ pageBytes, blobs }), 'Packages') ?? [])]
        assert.deepEqual(rows.map(([, blob]) => blob), blobs.map((blob) => Buffer.from(blob)))
      }),
      { numRuns: 30 },
    )
  })
  it('reads no row that was deleted, and no table that is not there', () => {
    const bytes = makeDatabase({ pageBytes: 512, blobs: Array.from({ length: 50 }, (_, index) => Buffer.alloc(700, index)), deleted: 7 })
    const rows = [...(readSqliteTable(bytes, 'Packages') ?? [])]
    assert.deepEqual([rows.length, rows.some(([, blob]) => blob instanceof Uint8Array && blob[0] === 6)], [49, false])
    assert.equal(readSqliteTable(bytes, 'Absent'), undefined)
  })
  it('ends on whatever else', () => {
    const good = makeDatabase({ pageBytes: 512, blobs: Array.from({ length: 40 }, (_, index) => Buffer.alloc(index * 40, index)) })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 40 }), fc.nat(good.byteLength), (changes, length) => {
        const broken = Buffer.from(good)
        for (const [at, value] of changes) broken[at] = value
        assert.ok([...(readSqliteTable(broken, 'Packages') ?? [])].length <= 40 * 64)
        parseRpmSqlite(broken.subarray(0, length))
      }),
      { numRuns: 300 },
    )
  })
})

describe('parseRpmSqlite', () => {
  it('tells the packages of a database, and what they brought', () => {
    const found = parseRpmSqlite(makeDatabase({ pageBytes: 4096, blobs: [HEADER, HEADER] }))
    assert.deepEqual(found.kind === 'packages' && [found.packages.length, found.packages[0]?.name, found.owned.length], [2, 'demo-lib', 2])
  })
  it('tells what it cannot read', () => {
    assert.deepEqual([parseRpmSqlite(Buffer.from('no')).kind, parseRpmJournal(Buffer.alloc(0)).kind, parseRpmJournal(Buffer.alloc(40)).kind], ['unread', 'nothing', 'unread'])
  })
})
