import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foreignFrontend, refuseForeignFrontend } from './frontendImage.ts'

const NONE: ReadonlyMap<string, string> = new Map()
const source = (text: string): { readonly filename: string; readonly text: string } => ({ filename: 'Dockerfile', text })

describe('the frontend of a Dockerfile', () => {
  for (const image of ['docker/dockerfile:1', 'docker/dockerfile', 'docker.io/docker/dockerfile:1.7-labs', 'docker/dockerfile-upstream:master', 'docker/dockerfile:1@sha256:00', 'dockerfile.v0']) {
    it(`is built in: ${image}`, () => assert.equal(foreignFrontend(source(`# syntax=${image}\nFROM alpine`), NONE), undefined))
    it(`is built in: BUILDKIT_SYNTAX=${image}`, () => assert.equal(foreignFrontend(source('# syntax=other/one\nFROM alpine'), new Map([['BUILDKIT_SYNTAX', image]])), undefined))
  }
  for (const text of ['# syntax=other/one:2 --flag\nanything', '#SYNTAX = other/one:2\nFROM x', '#!/usr/bin/env x\n# syntax=other/one:2\n', '// syntax=other/one:2\nfoo', '\ufeff# syntax=other/one:2\n', '{"syntax":"other/one:2"}', '# escape=`\n# syntax=other/one:2\nFROM x']) {
    it(`is another one in ${JSON.stringify(text)}`, () => {
      const line = text.split('\n').findIndex((part) => /syntax/i.test(part)) + 1
      const { image, span } = foreignFrontend(source(text), NONE) ?? {}
      assert.deepEqual([image, span?.startLine], ['other/one:2', line])
    })
  }
  it('is another one by an argument, with all that stands behind its name', () => {
    assert.deepEqual(foreignFrontend(source('FROM alpine'), new Map([['BUILDKIT_SYNTAX', 'other/one --flag ']])), { image: 'other/one', written: 'other/one --flag', span: undefined })
  })
  it('is not said behind another line', () => assert.equal(foreignFrontend(source('FROM alpine\n# syntax=other/one'), NONE), undefined))
  it('is refused where nobody but the built-in one knows', () => {
    assert.throws(() => refuseForeignFrontend(source('# syntax=other/one'), NONE), { name: 'DockerfileError', message: 'a plan cannot tell what the frontend other/one would do' })
    assert.throws(() => refuseForeignFrontend(source(''), new Map([['BUILDKIT_SYNTAX', 'other/one']])), { name: 'InvalidValueError', message: /^BUILDKIT_SYNTAX: a plan cannot tell/ })
  })
})
