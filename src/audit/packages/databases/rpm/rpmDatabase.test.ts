import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { readBerkeleyValues } from './berkeleyPages.ts'
import { parseRpmBerkeley, parseRpmJournal, parseRpmNdb, parseRpmSqlite } from './rpmDatabase.ts'
import { parseRpmHeader } from './rpmHeader.ts'
import { readSqliteTable } from './sqlitePages.ts'

/** The header that rpm 4.18 keeps of a package which rpmbuild made and it installed, packed. */
const HEADER = inflateSync(Buffer.from('eNqF1UuIHEUYB/BvHnHzMJgQH1FyWEFwF52e6qp+hoAOm2R3xcSFrLBKFKqrqmebzKPp7ll29aLgTQ+CCh5yUPEgiOApePCQg4gHDzl6Ch4ibjTxCeJhdWWm/rsr8WBDz/Dr/1dfVfVMzxDRE0SNazR5pymixiwRHSEiTUT7yR41osYmEd1FRHX4JnwI/gE+Cv9IRE0iOg7fIqIDRHQCvg0/DP+E+hn4Z/R7HP4VOYN/R+7Bf8Ad+E/0X4K3kF+E/4JH8N/wy9bNJuZ7ze65Oc4aRPQGfAB+Ez6I+rfhQ7h/l+G74evwYdR/C9+DfBM+Av8G34v1bWF999nxtRPIH7D1tUeQH0fO7DqbDyI/BT8Evw7P2P619zF+HuM/Qv8F+FN4EeM/g1eQf47xzyG/Cl9Efg31LyD/Bn4R3tlvYtdTn8d4DZ+HDXwBTuEVuAc/D1d2/nqO/iN4HV6z89dfsT72FvJ37fhjX6LfZfgG6j+Av0P9Dfgm8k3rWs3mjVPwPjxvT9rnrXbY9m/g+1o7Cm/g+/kLxu/c3324fhXrvx/5F8i78FfwKvz12HOkTX/Y6mUJuQ53BHmO6cWTZ70+TiYxEV2aSkZrfXv9zLrs5z0zPTcscppfenqNPzYtB3r63OIyPTsoc6OyNDOaVqsqL0+228bWO8Oi256062WD0ToNhrJQq7R71Du3X/2QMNf4pFCoRER+JIMolJEXe0oKwQXzBXMDHvFUaKlFrD2u0oAr6Zkw1lpyKVWoY6n2elMxHFZ3vuzsvDXZeWuyc6cslFPkk51u49i9Q/YGHtw5i7zfy5KZuWE/L0xZGn0265nzsm/KWUI2vnI665qy2ru2JDd6QzkpLhfkmlkqTJqtz5JwmOO1XPKcwGGTd/vqRg7D1LtnHdvaz0/+a/F7261N1uw6OiurVjZIh3TuzHLndGe5Q+1RWbR7WdLON6rV4UA4cbvMKtPKpboku6Zs/3/Fnc3b1HqGT7e6pPJsSN2XspxifLwtbZJMDlr2I//PUdNZYVQ1LDaoc2FucXG6MuvVzt5GVdqKiGnfDzxXeEZzptLE50rGUZSkSnAtlOJGuIEruMci7cZxoiU3Hktiw3XMWRjYXjpkETcuD1wZ61i6qS+YZ7iKhUllFDBX+UzEKWOha4JE+5pJnbiR7yWMCc8f/+bYP8bt7a338MdINPVUc+HKO99fuXVWX5EfP7piPhEJ527ieSIWTAil/EQJoyPXc5nSMmRJYlzpyYAMd4OYJzL0fJ36qfaldFkc+UmaBp6K3VDrJE0NC41hiUhDT4oo8LVv0jg0CTP2OcEtnfyWNsb+B5TkRXE=', 'base64'))

/** The same and another in a table that Berkeley DB 5.3 has made, as rpm calls it: pages of 512 bytes, and a number besides. */
const BERKELEY = inflateSync(Buffer.from('eNrtl1uIXEUagP8zPZmZTBKN97jkYYSgCdrddTuXElGHRJOIlwEjRo1C3c7MwZ7pprsnTtSHLLjLLqsg7AUfIkQJIl4gDyEI5sEHkQg+RBFUEPEh0XiNuiALRiOnz9/TJ6WgLrsSZQpOz3znr6pTdf6qrq8BAAIoirpgBJbn/wwBwFhxbyX8sPwruATgOwA9ctfRs7rFvaDUT14qAPD6IzP3+PeXyplX/BwNw7EAVn0TfB18GRxbSt5vv1T+dOBovp8PjwIE+eYOKuWUB7jl+2UITvTyfyI4/f4v2f+wtP/P1JWQ535PvhKCUv4ri3s/5w8CGAWAqwEqBwDgGoCcK6sAYDUA2MH5kDeuHAeAEVxEOX+EPIb8MfJK5E8BegfNucifIV+E/DkOZC3yCWw/gfwlxtch/xvj65G/Rg6R/4P9b0I+ifEp5G+RM+TvkJsFDw/j8xaKOQ6P4Avbjbwc+SHkcaz/F+QV+C4eRV6J/AbyKqz/JvLZGH8XeTXyB8jn4/i+wPFdULQPxjB+UVE/WI3xNRhfU4xz+GKMrxvkfxinsGyQ/7zmH7BmB1uuL54c/BV73ow992e2Bfkx5K3Yfi/ydozvw/Z3YPxp5B0YP4D178b4IeR7kN9C1sV4hqrY3iILZIcskVPkq5EbyNcid4vnD23D/ueRdyDvLJ4/ZAs+7+8Yf7Bof94r2N9u5KNY/8/Ix7D+YeSPMP5awQGmooIrPViGO29dsfOCVUX/FZxfcA7y3bhyv8D2e3E+y/D+Phz/hRjvv+/pfv6X4RoYKe//vOZzWHMGeX/OG6HZnXFtkDUJouYaEqybbRYf947q+3bOFgfJdQtqttVwExub7RZsnrpxJ7t8Qs3ZiZu2boPb5jotZ7I0cxZmut1W58p63RX1a832dL3XWSObm1+AuaZqm5nSATX52R/zGfWelV8Qc6N5EiYqSmKVCCmM4pxxEnJCI5awlFtlubSCmTRiRgkXS2sVU8rEVipT+opsN5td/6M326qsyWpvtrVO29TarVk4haV4G70XNd6/2q3ZRqbXb2zOttqu03H2+qzhblazrrMBMJbf2ZRNu053cG9K7Wo0Va9yZ4va6abaLs0WNgCvkZqoUhC1qEZ6f4tPmtRI+QAuH+ZjiyMuyV4xF1qzWadbzfpNR3ANjC7mfy5twk3XbZvcNLltEurznXa9kel6a1d3pjnHa7Leybqu2lLmXjXtOvWfrnH6c+fSZh2qt7CJ6jSYVtaE6fuzFkhMddU6nam5apF+X1dt1nam22zvgslbN27dOtF1C93+jOe7aTUBasPICcKZsxEzzEltWJKEjNhQhsZRa0giSBjLNGKacGq5pVxw60SiuZZp0ZcWsVQ8dJHkJHRExTR1TjiWRI4JY00YM82kiZRhMdNxrAw3KiFpmAhGU0Ghf3SeOnVyPx6dAKMTM+88c2kKrz41MfLtgy/e/vjljsXExgmjIaFOOkJim6SCUUYENaGxiSU8pcSBsdSRiNEkIZTylBiVRlzHVMZMqogwlYRaGEkJ1zJ2SqowpbFhYaRYlFBDih2DLzQ40j/2A8z7yOKRPgwwOqi5VH7/v//6Ore8/P1/DUDlSMn/NvxC/1vh+d85yJ/gYbPG88G1ng9e4vnges8Hr/B8kHg+KDwfnPR8cMrzwR2eD857PviA54MPeT74sOeDj3o++A/PB/d4Pvie54Pvez543PPBrzwfPOn54FrPB9d5PkgG+V+OXY6f7n99U7wK/a/vg3/zfPAJzwef9nxwv+eDL3g+eMjzwZc8Hzzi+eDbng9+5fngZs8Hb/Z88FbPB7d7Pnin54MtzwcXPB/c7fngY54P7vF88EnPB496Pnjc88GrPB+81vPBKc8Hd3k+eMjzwZdKPtjL/ziugRW+/71cMsWcD3s++Frhg7mtVRuZBlpjNQ4D6RgamGHv9Jn/Fd1wPr/+327Yn3m1N3NPEAEWHXHxDZ1xnhhg3scXf6Jj/gHG2JWlaZUdLJ9NSeb+p6rod/7fmuLPckViwzASlAtnGTGpDplRMkl0ajiz3BjmOI0oZ4IklkqprWJOEC0ds5KROCr6sjFJmKMsokpaqWgaciIcM5K7VCURoSYkXKaExNRF2oaWKKtpEgpNCBehLbvi3oEr3jC85eA/Pzz46fX2oHr2su3uea4Zo1oILjnh3JhQG+5sQgUlxqqYaO2oEioCx2gkmVaxCG0apjZUihKZhDpNo9wRY2t1mrp+/lfiGiiYAIyS2DmieRoLxZMotKFLZew0cT9ikUuu+Fst3wOtG6FR', 'base64'))

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
  it('tells the packages of a table of Berkeley DB', () => {
    const found = parseRpmBerkeley(BERKELEY)
    assert.deepEqual(found.kind === 'packages' && found.packages.map(({ name, version }) => `${name} ${version}`).sort(), ['demo-lib 2:1.2.3-4.el9', 'other 9.9-4.el9'])
  })
  it('ends on whatever such a table is', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(BERKELEY.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 40 }), fc.nat(BERKELEY.byteLength), (changes, length) => {
        const broken = Buffer.from(BERKELEY)
        for (const [at, value] of changes) broken[at] = value
        assert.ok([...(readBerkeleyValues(broken) ?? [])].length <= BERKELEY.byteLength)
        parseRpmBerkeley(broken.subarray(0, length))
      }),
      { numRuns: 300 },
    )
  })
  it('tells what it cannot read', () => {
    assert.deepEqual([parseRpmBerkeley(Buffer.alloc(600)).kind, parseRpmBerkeley(Buffer.alloc(0)).kind, parseRpmNdb(Buffer.alloc(9)).kind], ['unread', 'nothing', 'unread'])
    assert.deepEqual([parseRpmSqlite(Buffer.from('no')).kind, parseRpmJournal(Buffer.alloc(0)).kind, parseRpmJournal(Buffer.alloc(40)).kind], ['unread', 'nothing', 'unread'])
  })
})
