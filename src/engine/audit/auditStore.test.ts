import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LayerFacts } from '../../audit/facts/layerFacts.ts'
import { asByteString } from '../../kit/byteString.ts'
import { createAuditStore } from './auditStore.ts'
import { openTestDatabase } from './testDatabase.suite.ts'

const facts = (name: string): LayerFacts => ({ entries: [{ kind: 'symlink', path: asByteString(name), target: asByteString('\xff\x00é') }] })

describe('createAuditStore', () => {
  it('gives facts back under each of their keys, whatever the bytes of names', (t) => {
    const store = createAuditStore(openTestDatabase(t))
    store.putFacts(['snapshot a', 'blob b'], facts('x'))
    assert.deepEqual([store.facts(['blob b']), store.facts(['none', 'snapshot a']), store.facts(['none']), store.facts([])], [facts('x'), facts('x'), undefined, undefined])
    assert.deepEqual([store.hasFacts(['none', 'blob b']), store.hasFacts(['none'])], [true, false])
  })
  it('keeps audits apart from facts', (t) => {
    const store = createAuditStore(openTestDatabase(t))
    const audit = { platform: 'linux/arm64', findings: [], unreadLayers: 0, baseLayers: undefined, judgedFiles: 3 }
    store.putAudit('key', audit)
    assert.deepEqual([store.facts(['key']), store.audit('key')?.judgedFiles], [undefined, 3])
  })
  it('does not see what another version has written', (t) => {
    const database = openTestDatabase(t)
    const store = createAuditStore(database)
    store.putFacts(['a'], facts('x'))
    database.run("UPDATE audit_record SET key = replace(key, 'facts ', 'facts 0')")
    assert.equal(store.facts(['a']), undefined)
  })
  it('does not see what was cut', (t) => {
    const database = openTestDatabase(t)
    const store = createAuditStore(database)
    store.putFacts(['a'], facts('x'))
    database.run('UPDATE audit_record SET value = substr(value, 1, length(value) - 5)')
    assert.equal(store.facts(['a']), undefined)
  })
  it('forgets all of it', (t) => {
    const store = createAuditStore(openTestDatabase(t))
    store.putFacts(['a'], facts('x'))
    store.forget()
    assert.equal(store.hasFacts(['a']), false)
  })
  it('lets the oldest go', (t) => {
    const database = openTestDatabase(t)
    const store = createAuditStore(database)
    store.putFacts(['old'], facts('x'))
    store.putFacts(['later'], facts('y'))
    database.run("UPDATE audit_record SET sequence = 2001 WHERE key LIKE '%later'")
    store.putFacts(['new'], facts('z'))
    assert.deepEqual([store.facts(['old']), store.facts(['later']), store.facts(['new'])], [undefined, facts('y'), facts('z')])
  })
})
