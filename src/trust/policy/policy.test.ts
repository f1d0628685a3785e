import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseReference } from '../../ground/reference.ts'
import { isIdentity } from './identityRule.ts'
import { requirementsFor, type IdentityRule } from './policy.ts'
import { parsePolicy } from './readPolicy.ts'

const parse = (scopes: Readonly<Record<string, unknown>>, byDefault: unknown = [{ type: 'reject' }]): ReturnType<typeof parsePolicy> => parsePolicy(JSON.stringify({ default: byDefault, transports: { docker: scopes, 'docker-daemon': { '': [{ type: 'insecureAcceptAnything' }] } } }), 'policy.json')

describe('a policy', () => {
  const accept = [{ type: 'insecureAcceptAnything' }]
  for (const [scopes, reference, expected] of [
    [['a.example.com/team/app:1', 'a.example.com/team/app'], 'a.example.com/team/app:1', '"a.example.com/team/app:1"'],
    [['a.example.com/team/app:1', 'a.example.com/team'], 'a.example.com/team/app:2', '"a.example.com/team"'],
    [['a.example.com/tea', 'a.example.com'], 'a.example.com/team/app', '"a.example.com"'],
    [['*.example.com', '*.com'], 'a.example.com/app', '"*.example.com"'],
    [['*.example.com', ''], 'example.com/app', '""'],
    [['docker.io/library/busybox'], 'busybox', '"docker.io/library/busybox"'],
    [['localhost:5000'], 'localhost:5001/app', 'default'],
    [[`a.b/c@sha256:${'0'.repeat(64)}`, 'a.b/c:1'], `a.b/c:1@sha256:${'0'.repeat(64)}`, `"a.b/c@sha256:${'0'.repeat(64)}"`],
  ] as const) {
    it(`of ${scopes.join(', ')} has for ${reference} the scope ${expected}`, () => {
      assert.equal(requirementsFor(parse(Object.fromEntries(scopes.map((scope) => [scope, accept]))), parseReference(reference)).scope, expected)
    })
  }

  for (const [name, value, message] of [
    ['no list', {}, /policy\.json: transports\.docker\."a": expected a list/],
    ['an empty list', [], /expected a list with a requirement or more/],
    ['both a key and fulcio', [{ type: 'sigstoreSigned', keyPath: '/a', fulcio: {} }], /expected either keys or fulcio/],
    ['neither', [{ type: 'sigstoreSigned' }], /expected either keys or fulcio/],
    ['fulcio without a log', [{ type: 'sigstoreSigned', fulcio: { caPath: '/a', oidcIssuer: 'b', subjectEmail: 'c' } }], /a rekorPublicKey beside it/],
    ['a strange key', [{ type: 'sigstoreSigned', keyFile: '/a' }], /unknown key "keyFile"/],
    ['a strange identity', [{ type: 'sigstoreSigned', keyPath: '/a', signedIdentity: { type: 'any' } }], /an unknown type, "any"/],
  ] as const) {
    it(`is refused with ${name}`, () => assert.throws(() => parse({ a: value }), { message }))
  }
  it('needs a default', () => assert.throws(() => parsePolicy('{}', 'policy.json'), { message: /policy\.json: default: expected a list/ }))
})

describe('a signed name', () => {
  const digest = `@sha256:${'1'.repeat(64)}`
  const exact: IdentityRule = { kind: 'matchRepoDigestOrExact' }
  const remapped: IdentityRule = { kind: 'remapIdentity', prefix: 'mirror/team', signedPrefix: 'a.b' }
  for (const [rule, wanted, signed, expected] of [
    [{ kind: 'matchExact' }, 'a.b/c:1', 'a.b/c:1', true],
    [{ kind: 'matchExact' }, `a.b/c${digest}`, 'a.b/c', false],
    [exact, 'a.b/c:1', 'a.b/c:1', true],
    [exact, 'a.b/c:1', 'a.b/c:2', false],
    [exact, 'a.b/c:1', 'a.b/c', false],
    [exact, 'a.b/c', 'a.b/c', false],
    [exact, 'a.b/c', 'a.b/c:latest', true],
    [{ kind: 'matchRepository' }, 'localhost:5000/c', 'localhost:5000/c', true],
    [exact, `a.b/c${digest}`, 'a.b/c:2', true],
    [{ kind: 'matchRepository' }, 'a.b/c:1', 'a.b/c:2', true],
    [{ kind: 'matchRepository' }, 'a.b/c:1', 'a.b/cc:1', false],
    [{ kind: 'exactReference', reference: 'x.y/z:1' }, 'a.b/c:1', 'x.y/z:1', true],
    [{ kind: 'exactRepository', repository: 'x.y/z' }, 'a.b/c:1', 'x.y/z:7', true],
    [remapped, 'mirror:5000/team/c:1', 'a.b/c:1', false],
    [{ ...remapped, prefix: 'mirror:5000/team' }, 'mirror:5000/team/c:1', 'a.b/c:1', true],
    [{ ...remapped, prefix: 'mirror:5000/te' }, 'mirror:5000/team/c:1', 'a.b/c:1', false],
    [exact, 'a.b/c:1', 'No Name', false],
  ] as const) {
    it(`${signed} is ${expected ? '' : 'not '}${wanted} by ${JSON.stringify(rule)}`, () => assert.equal(isIdentity(rule, parseReference(wanted), signed), expected))
  }
})
