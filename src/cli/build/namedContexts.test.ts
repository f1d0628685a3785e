import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UsageError } from '../flags/usageError.ts'
import { parseNamedContexts } from './namedContexts.ts'

describe('parseNamedContexts', () => {
  const CASES: readonly (readonly [text: string, attribute: string, value: string])[] = [
    ['base=docker-image://alpine', 'context:base', 'docker-image://alpine'],
    ['docker.io/library/alpine:latest=docker-image://x', 'context:alpine', 'docker-image://x'],
    ['alpine:3=https://host/a.git#v1', 'context:alpine:3', 'https://host/a.git#v1'],
    ['base::linux/arm64/v8=git@host:a', 'context:base::linux/arm64', 'git@host:a'],
    ['base=https://host/file', 'context:base', 'https://host/file'],
    ['src=/', 'context:src', 'local:src'],
    ['context=/', 'context:context', 'local:_context'],
    [`x=oci-layout:///a/b:v1@sha256:${'0'.repeat(64)}`, 'context:x', `oci-layout://layout1:v1@sha256:${'0'.repeat(64)}`],
  ]
  for (const [text, attribute, value] of CASES) {
    it(`reads ${text}`, async () => assert.equal((await parseNamedContexts([text], '/')).attributes.get(attribute), value))
  }
  it('sends nothing where there is none', async () => assert.equal((await parseNamedContexts([], '/')).attributes.size, 0))
  for (const text of ['base', '=x', 'base=', 'base=nowhere', 'base=target:', 'base=/etc/passwd', 'base=oci-layout:///nowhere']) {
    it(`refuses ${text}`, async () => assert.rejects(parseNamedContexts([text], '/'), UsageError))
  }
})
