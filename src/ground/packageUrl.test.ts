import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatPackageUrl, imagePackageUrl } from './packageUrl.ts'
import { parsePlatform } from './platform.ts'
import { parseReference } from './reference.ts'

const HEX = 'a'.repeat(64)

describe('imagePackageUrl', () => {
  const cases = [
    { text: 'alpine', platform: 'linux/amd64', want: 'pkg:docker/alpine@latest?platform=linux%2Famd64' },
    { text: 'docker/dockerfile:1', platform: 'linux/arm/v7', want: 'pkg:docker/docker/dockerfile@1?platform=linux%2Farm%2Fv7' },
    { text: 'localhost:5000/team/app:2.1', platform: undefined, want: 'pkg:docker/localhost:5000/team/app@2.1' },
    { text: `alpine@sha256:${HEX}`, platform: 'linux/amd64', want: `pkg:docker/alpine?digest=sha256:${HEX}&platform=linux%2Famd64` },
  ]
  for (const { text, platform, want } of cases) {
    it(`is ${want}`, () => assert.equal(imagePackageUrl(parseReference(text), platform === undefined ? undefined : parsePlatform(platform)), want))
  }
})

describe('formatPackageUrl', () => {
  it('escapes what has a meaning, and leaves out what is empty', () => {
    const qualifiers = new Map([['b', ''], ['arch', 'amd64'], ['a', 'x&y']])
    assert.equal(formatPackageUrl({ type: 'deb', namespace: '', name: 'g++', version: '1.0~rc1', qualifiers }), 'pkg:deb/g%2B%2B@1.0~rc1?a=x%26y&arch=amd64')
  })
})
