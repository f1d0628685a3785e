import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePolicyFile } from './policyFile.ts'
import { compileSourcePolicy, SourceDeniedError } from './sourcePolicy.ts'
import type { WrittenSource } from './writtenSource.ts'

const ALPINE = 'docker-image://docker.io/library/alpine:latest'
const FILE = 'https://example.test/a/file.tar'

interface Case {
  readonly name: string
  /** Each a policy's rules. */
  readonly policies: readonly (readonly object[])[]
  readonly source: string
  readonly attributes?: Readonly<Record<string, string>>
  /** The identifier, and the attributes where there are any. */
  readonly becomes: string | readonly [string, Readonly<Record<string, string>>]
}

const deny = (identifier: string, selector: object = {}): object => ({ action: 'DENY', selector: { identifier, ...selector } })
const allow = (identifier: string, selector: object = {}): object => ({ action: 'ALLOW', selector: { identifier, ...selector } })
const convert = (identifier: string, updates: object, selector: object = {}): object => ({ action: 'CONVERT', selector: { identifier, ...selector }, updates })

const conversions: readonly Case[] = [
  { name: 'takes what no rule is about as it is', policies: [[deny('docker-image://docker.io/library/busybox:*')]], source: ALPINE, becomes: ALPINE },
  { name: 'has the last rule count: allowed', policies: [[deny('docker-image://*'), allow(ALPINE)]], source: ALPINE, becomes: ALPINE },
  { name: 'converts by an exact name', policies: [[convert(ALPINE, { identifier: `${ALPINE}@sha256:1` }, { match_type: 'EXACT' })]], source: ALPINE, becomes: `${ALPINE}@sha256:1` },
  { name: 'is not exact about the beginning alone', policies: [[deny('docker-image://docker.io/library/alpine', { matchType: 'EXACT' })]], source: ALPINE, becomes: ALPINE },
  { name: 'fills in what wildcards stand for', policies: [[convert('docker-image://docker.io/*/*', { identifier: 'docker-image://mirror.test/${2}-from-$1' })]], source: ALPINE, becomes: 'docker-image://mirror.test/alpine:latest-from-library' },
  { name: 'fills in groups, by number and by name', policies: [[convert('^docker-image://docker\\.io/(?P<name>[^:]+):(.*)$', { identifier: 'docker-image://mirror.test/${name}:$2-slim' }, { matchType: 'REGEX' })]], source: ALPINE, becomes: 'docker-image://mirror.test/library/alpine:latest-slim' },
  { name: 'replaces what a pattern matches, and leaves the rest', policies: [[convert('docker\\.io', { identifier: 'mirror.test' }, { matchType: 'REGEX' })]], source: ALPINE, becomes: ALPINE.replace('docker.io', 'mirror.test') },
  { name: 'reads a name as long as it goes, and two dollars as one', policies: [[convert('docker-image://*', { identifier: 'docker-image://x/$1x/$$1' })]], source: ALPINE, becomes: 'docker-image://x//$1' },
  { name: 'takes what a wildcard has of a pattern literally', policies: [[deny('docker-image://docker.io/library/alp.ne:latest'), deny('docker-image://(docker.io|x)/*')]], source: ALPINE, becomes: ALPINE },
  { name: 'changes attributes alone', policies: [[convert('https://example.test/*', { attrs: { 'http.checksum': 'sha256:1' } })]], source: FILE, attributes: { 'http.perm': '0600' }, becomes: [FILE, { 'http.perm': '0600', 'http.checksum': 'sha256:1' }] },
  { name: 'judges anew what was converted, by every policy', policies: [[convert(ALPINE, { identifier: 'docker-image://b:1' })], [convert('docker-image://b:1', { identifier: 'docker-image://c:1' })]], source: ALPINE, becomes: 'docker-image://c:1' },
  { name: 'looks at attributes: equal', policies: [[deny(FILE, { constraints: [{ key: 'http.checksum', value: '', condition: 'EQUAL' }] })]], source: FILE, attributes: { 'http.checksum': 'sha256:1' }, becomes: [FILE, { 'http.checksum': 'sha256:1' }] },
  { name: 'looks at attributes: a pattern', policies: [[deny(FILE, { constraints: [{ key: 'http.perm', value: '^06', condition: 'MATCHES' }] })]], source: FILE, attributes: { 'http.perm': '0700' }, becomes: [FILE, { 'http.perm': '0700' }] },
]

const denials: readonly (Omit<Case, 'becomes'> & { readonly rule: RegExp })[] = [
  { name: 'the last rule that counts', policies: [[allow(ALPINE), deny('docker-image://*')]], source: ALPINE, rule: /rule 2 is DENY docker-image:\/\/\*$/ },
  { name: 'a pattern', policies: [[deny('alpine', { match_type: 'REGEX' })]], source: ALPINE, rule: /rule 1 is DENY alpine$/ },
  { name: 'an attribute that is not there', policies: [[deny(FILE, { constraints: [{ key: 'http.checksum', value: 'sha256:1', condition: 'NOTEQUAL' }] })]], source: FILE, rule: /rule 1/ },
  { name: 'the second policy', policies: [[allow('docker-image://*')], [deny(ALPINE)]], source: ALPINE, rule: /rule 1 of policy 2/ },
  { name: 'what it was converted to', policies: [[convert(ALPINE, { identifier: 'docker-image://bad' }), deny('docker-image://bad')]], source: ALPINE, rule: /^source "docker-image:\/\/bad" denied by policy: rule 2/ },
]

const mistakes = [
  { name: 'a wildcard in a wildcard', rules: [deny('docker-image://**')], message: /rule 1 .* invalid wildcard/ },
  { name: 'a pattern that is none', rules: [allow('x'), deny('(', { matchType: 'REGEX' })], message: /rule 2 .* invalid pattern: "\("/ },
  { name: 'a condition that is none', rules: [deny('x', { constraints: [{ key: 'k', condition: 'MATCHES', value: '[' }] })], message: /rule 1 .* invalid pattern/ },
  { name: 'no selector', rules: [{ action: 'DENY' }], message: /rule 1 .* no selector/ },
  { name: 'a conversion to nothing', rules: [{ action: 'CONVERT', selector: { identifier: 'x' } }], message: /rule 1 .* does not say to what/ },
]

describe('a source policy', () => {
  for (const { name, policies, source, attributes, becomes } of conversions) {
    it(name, async () => {
      const { identifier, attributes: left } = await judge(policies, source, attributes)
      assert.deepEqual(left.size === 0 ? identifier : [identifier, Object.fromEntries(left)], becomes)
    })
  }

  for (const { name, policies, source, attributes, rule } of denials) {
    it(`denies, and names ${name}`, async () => {
      await assert.rejects(judge(policies, source, attributes), (error) => error instanceof SourceDeniedError && rule.test(error.message))
    })
  }

  for (const { name, rules, message } of mistakes) {
    it(`cannot have ${name}`, async () => {
      await assert.rejects(judge([rules], ALPINE), { name: 'InvalidValueError', message })
    })
  }

  it('does not convert without an end', async () => {
    await assert.rejects(judge([[convert('docker-image://*', { identifier: 'docker-image://x$1' })]], ALPINE), /converts .* more than 20 times/)
  })

  it('takes no long time for any pattern', async () => {
    const { identifier } = await judge([[deny('^(a+)+$', { matchType: 'REGEX' })]], `${'a'.repeat(20_000)}!`)
    assert.equal(identifier.length, 20_001)
  })

  it('is none where it has no rules', async () => {
    assert.equal(await compileSourcePolicy([parsePolicyFile('{"version": 1}', 'p.json')]), undefined)
  })

  const files = [
    { name: 'what is no JSON', text: '{', message: /^p\.json is no source policy/ },
    { name: 'a field that it does not know', text: '{"rules": [{"acton": "DENY"}]}', message: /acton/ },
    { name: 'an action that there is not', text: '{"rules": [{"action": "FORBID"}]}', message: /FORBID/ },
  ]
  for (const { name, text, message } of files) {
    it(`is refused in a file with ${name}`, () => assert.throws(() => parsePolicyFile(text, 'p.json'), { name: 'InvalidValueError', message }))
  }
})

async function judge(policies: readonly (readonly object[])[], identifier: string, attributes: Readonly<Record<string, string>> = {}): Promise<WrittenSource> {
  const policy = await compileSourcePolicy(policies.map((rules) => parsePolicyFile(JSON.stringify({ version: 1, rules }), 'p.json')))
  assert.ok(policy !== undefined)
  return policy.apply({ identifier, attributes: new Map(Object.entries(attributes)) })
}
