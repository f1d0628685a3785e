import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { cleanPath, resolvePath } from './posixPath.ts'

describe('cleanPath', () => {
  const cases = [
    { path: '', want: '.' },
    { path: './a//b/./c/', want: 'a/b/c' },
    { path: 'a/../..', want: '..' },
    { path: '/../a', want: '/a' },
    { path: '//', want: '/' },
  ]
  for (const { path, want } of cases) it(`makes ${want} of ${JSON.stringify(path)}`, () => assert.equal(cleanPath(path), want))
  it('agrees with node:path, but for the slash at the end', () => {
    const path = fc.string({ unit: fc.constantFrom('a', '.', '/') })
    fc.assert(fc.property(path, (text) => assert.equal(cleanPath(text), posix.normalize(text).replace(/(?<=.)\/$/, ''))))
  })
})

describe('resolvePath', () => {
  const cases = [
    { base: '/a', path: 'b', want: '/a/b' },
    { base: '/a', path: '/b/', want: '/b' },
    { base: '/a', path: '../../..', want: '/' },
  ]
  for (const { base, path, want } of cases) it(`finds ${want} for ${path} in ${base}`, () => assert.equal(resolvePath(base, path), want))
})
