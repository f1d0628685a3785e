import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { PackageKind } from './package.ts'
import { compareVersions } from './packageVersion.ts'

describe('compareVersions', () => {
  const older: readonly (readonly [kind: PackageKind, older: string, newer: string])[] = [
    ['deb', '1.9', '1.10'],
    ['deb', '1.0~rc1', '1.0'],
    ['deb', '9', '1:1'],
    ['deb', '1.0-1', '1.0-1+deb12u1'],
    ['deb', '1.0a', '1.0+'],
    ['deb', '1.0', '1.0a'],
    ['apk', '1.2.5-r9', '1.2.5-r10'],
    ['npm', '1.0.0-rc.1', '1.0.0'],
    ['golang', 'v1.9.0', 'v1.10.0'],
    ['cargo', '0.9.99', '0.10.0'],
  ]
  for (const [kind, a, b] of older) {
    it(`has ${a} before ${b} (${kind})`, () => assert.deepEqual([Math.sign(compareVersions(kind, a, b)), Math.sign(compareVersions(kind, b, a)), compareVersions(kind, a, a)], [-1, 1, 0]))
  }
  it('orders any three', () => {
    const versions = fc.stringMatching(/^[0-9a-z.+~:-]{0,8}$/)
    fc.assert(fc.property(versions, versions, versions, (a, b, c) => {
      const [x = '', y = '', z = ''] = [a, b, c].sort((one, other) => compareVersions('deb', one, other))
      assert.ok(compareVersions('deb', x, y) <= 0 && compareVersions('deb', y, z) <= 0 && compareVersions('deb', x, z) <= 0)
    }))
  })
})
