import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { attestFlag, onePerType, parseAttestEntry } from './attestEntry.ts'
import { parseCacheEntries } from './cacheEntry.ts'
import { type Entry, formatEntry, isSameEntry, withoutDuplicates } from './entry.ts'
import { parseOutputEntry, withLoad, withPush } from './outputEntry.ts'
import { formatSecretEntry, parseSecretEntry } from './secretEntry.ts'
import { formatSshEntry, parseSshEntry } from './sshEntry.ts'

const word = fc.stringMatching(/^[a-z][a-z.]{0,8}$/).filter((key) => !['type', 'dest', 'disabled'].includes(key))
const text = fc.string({ minLength: 1 }).filter((value) => !/[\r\n]/.test(value))
const fields = fc.dictionary(word, text, { minKeys: 1, maxKeys: 4, noNullPrototype: true })
const entry = fc.tuple(word, fields).map(([type, rest]): Entry => new Map([['type', type], ...Object.entries(rest)]))
const byKey = (one: Entry | undefined): unknown => [...(one ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))

describe('entries', () => {
  const parsers: readonly (readonly [name: string, parse: (text: string) => Entry | undefined])[] = [
    ['attest', parseAttestEntry],
    ['cache', (one) => parseCacheEntries(one)[0]],
    ['output', parseOutputEntry],
  ]
  for (const [name, parse] of parsers) {
    it(`of ${name} are the same when they are written and read again`, () => {
      fc.assert(fc.property(entry, (one) => assert.deepEqual(byKey(parse(formatEntry(one))), byKey(one))))
    })
  }
  it('of secrets are the same when they are written and read again', () => {
    fc.assert(fc.property(text, text, fc.constantFrom('source', 'variable'), (id, value, key) => {
      const secret = { id, source: '', variable: '', [key]: value }
      assert.deepEqual(parseSecretEntry(formatSecretEntry(secret)), secret)
    }))
  })
  it('of agents are the same when they are written and read again', () => {
    fc.assert(fc.property(word, fc.array(word), (id, paths) => assert.deepEqual(parseSshEntry(formatSshEntry({ id, paths })), { id, paths })))
  })
  it('are each there once when duplicates go', () => {
    fc.assert(fc.property(fc.array(fc.nat(5)), (items) => assert.deepEqual([...withoutDuplicates(items, (a, b) => a === b)].sort(), [...new Set(items)].sort())))
  })
  it('are equal whatever their order is', () => assert.ok(isSameEntry(new Map([['a', '1'], ['type', 'x']]), new Map([['type', 'x'], ['a', '1']]))))
  it('of attestations are one a type, the last', () => assert.deepEqual(onePerType([parseAttestEntry('type=a,x=1'), parseAttestEntry('type=b'), parseAttestEntry('type=a,x=2')]).map(formatEntry), ['type=a,x=2', 'type=b']))

  const flags: readonly (readonly [value: string, text: string | undefined])[] = [['', undefined], ['true', 'type=sbom,disabled=false'], ['false', 'type=sbom,disabled=true'], ['generator=x', 'type=sbom,generator=x']]
  for (const [value, expected] of flags) it(`reads --sbom=${value}`, () => assert.equal(attestFlag('sbom', value), expected))

  const outputs: readonly (readonly [name: string, before: readonly string[], pushed: readonly string[], kept: readonly string[], loaded: readonly string[]])[] = [
    ['nothing', [], ['type=image,push=true'], [], ['type=docker']],
    ['docker', ['type=docker'], ['type=docker', 'type=image,push=true'], ['type=docker'], ['type=docker']],
    ['an image', ['type=image'], ['type=image,push=true'], ['type=image,push=false'], ['type=image', 'type=docker']],
    ['a registry', ['type=registry'], ['type=registry'], [], ['type=registry', 'type=docker']],
    ['a folder', ['out'], ['type=local,dest=out'], ['type=local,dest=out'], ['type=local,dest=out']],
    ['an archive of docker', ['type=docker,dest=x'], ['type=docker,dest=x', 'type=image,push=true'], ['type=docker,dest=x'], ['type=docker,dest=x', 'type=docker']],
  ]
  for (const [name, before, pushed, kept, loaded] of outputs) {
    it(`are pushed and loaded with ${name}`, () => {
      const all = before.map(parseOutputEntry)
      assert.deepEqual([withPush(all, true)?.map(formatEntry), withPush(all, false)?.map(formatEntry), withLoad(all).map(formatEntry)], [pushed, kept, loaded])
    })
  }
})
