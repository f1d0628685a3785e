import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf } from './digest.ts'
import { InvalidValueError } from './errors.ts'
import { formatFamiliar, formatReference, formatRepository, parseReference } from './reference.ts'

const DIGEST = digestOf('x')

describe('parseReference', () => {
  const cases = [
    { text: 'alpine', full: 'docker.io/library/alpine:latest', familiar: 'alpine:latest' },
    { text: 'alpine:3.20', full: 'docker.io/library/alpine:3.20', familiar: 'alpine:3.20' },
    { text: 'docker.io/alpine', full: 'docker.io/library/alpine:latest', familiar: 'alpine:latest' },
    { text: 'index.docker.io/library/alpine', full: 'docker.io/library/alpine:latest', familiar: 'alpine:latest' },
    { text: 'tonistiigi/xx', full: 'docker.io/tonistiigi/xx:latest', familiar: 'tonistiigi/xx:latest' },
    { text: 'library/a/b', full: 'docker.io/library/a/b:latest', familiar: 'library/a/b:latest' },
    { text: 'ghcr.io/app', full: 'ghcr.io/app:latest', familiar: 'ghcr.io/app:latest' },
    { text: 'localhost/app', full: 'localhost/app:latest', familiar: 'localhost/app:latest' },
    { text: 'localhost:5000/team/app:v1', full: 'localhost:5000/team/app:v1', familiar: 'localhost:5000/team/app:v1' },
    { text: '[::1]:5000/app', full: '[::1]:5000/app:latest', familiar: '[::1]:5000/app:latest' },
    { text: 'Host/app', full: 'Host/app:latest', familiar: 'Host/app:latest' },
    { text: 'app:5000', full: 'docker.io/library/app:5000', familiar: 'app:5000' },
    { text: 'a__b/c.d-e---f:_1', full: 'docker.io/a__b/c.d-e---f:_1', familiar: 'a__b/c.d-e---f:_1' },
    { text: `alpine@${DIGEST}`, full: `docker.io/library/alpine@${DIGEST}`, familiar: `alpine@${DIGEST}` },
    { text: `alpine:3@${DIGEST}`, full: `docker.io/library/alpine:3@${DIGEST}`, familiar: `alpine:3@${DIGEST}` },
    { text: `ghcr.io/${'a'.repeat(64)}`, full: `ghcr.io/${'a'.repeat(64)}:latest`, familiar: `ghcr.io/${'a'.repeat(64)}:latest` },
  ]
  for (const { text, full, familiar } of cases) {
    it(`reads ${text} as ${full}`, () => {
      assert.equal(formatReference(parseReference(text)), full)
      assert.equal(formatFamiliar(parseReference(text)), familiar)
    })
  }

  const refused = [
    { text: '', why: /it has no name/ },
    { text: 'ghcr.io/', why: /it has no name/ },
    { text: ':tag', why: /it has no name/ },
    { text: 'Alpine', why: /lower case/ },
    { text: 'a//b', why: /no repository name/ },
    { text: '-a', why: /no repository name/ },
    { text: 'a..b', why: /no repository name/ },
    { text: 'a b', why: /no repository name/ },
    { text: 'https://ghcr.io/app', why: /is no host name/ },
    { text: 'host:port/app', why: /is no host name/ },
    { text: 'app:', why: /"" is no tag/ },
    { text: `app:${'t'.repeat(129)}`, why: /is no tag/ },
    { text: 'app:-t', why: /is no tag/ },
    { text: 'a'.repeat(256), why: /no repository name/ },
    { text: 'a'.repeat(64), why: /an image id/ },
    { text: `a@${DIGEST}@${DIGEST}`, why: /more than one "@"/ },
    { text: 'a@sha256:12', why: /invalid digest/ },
    { text: 'a@', why: /invalid digest/ },
  ]
  for (const { text, why } of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 30))}`, () => assert.throws(() => parseReference(text), (error) => error instanceof InvalidValueError && why.test(error.message)))
  }

  it('gives itself back when what it formats is parsed again', () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,4})?$/)
    const host = fc.constantFrom('', 'ghcr.io/', 'localhost:5000/', 'docker.io/')
    const rest = fc.constantFrom('', ':1.0', `@${DIGEST}`, `:1.0@${DIGEST}`)
    fc.assert(
      fc.property(host, fc.array(name, { minLength: 1, maxLength: 3 }), rest, (start, names, end) => {
        const reference = parseReference(start + names.join('/') + end)
        assert.deepEqual(parseReference(formatReference(reference)), reference)
        assert.deepEqual(parseReference(formatFamiliar(reference)), reference)
      }),
    )
  })
})

describe('formatRepository', () => {
  it('leaves out tag and digest', () => assert.equal(formatRepository(parseReference(`ghcr.io/a/b:1@${DIGEST}`)), 'ghcr.io/a/b'))
})
