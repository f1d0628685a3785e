import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PackageURL } from 'packageurl-js'
import { toPackage, type PackageFields } from './package.ts'
import { formatPurl } from './purl.ts'

const DEBIAN = { id: 'debian', versionId: '12', prettyName: '' }

describe('formatPurl', () => {
  const cases: readonly (readonly [fields: PackageFields, distribution: typeof DEBIAN | undefined, want: string])[] = [
    [{ kind: 'deb', name: 'libstdc++6', version: '1:12.2.0-14+deb12u1', architecture: 'amd64', source: { name: 'gcc-12', version: '12.2.0-14+deb12u1' } }, DEBIAN, 'pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14%2Bdeb12u1'],
    [{ kind: 'deb', name: 'a', version: '1~rc1' }, undefined, 'pkg:deb/debian/a@1~rc1'],
    [{ kind: 'apk', name: 'musl', version: '1.2.5-r0', source: { name: 'musl', version: '' } }, { id: 'alpine', versionId: '3.20.1', prettyName: '' }, 'pkg:apk/alpine/musl@1.2.5-r0?distro=alpine-3.20.1&upstream=musl'],
    [{ kind: 'rpm', name: 'openssl', version: '1:3.0.7-2.el9', architecture: 'x86_64' }, { id: 'rhel', versionId: '9.3', prettyName: '' }, 'pkg:rpm/redhat/openssl@3.0.7-2.el9?arch=x86_64&distro=rhel-9.3&epoch=1'],
    [{ kind: 'rpm', name: 'bash', version: '5.1-1' }, undefined, 'pkg:rpm/bash@5.1-1'],
    [{ kind: 'npm', name: '@Scope/Name', version: '1.0.0-rc.1+x' }, undefined, 'pkg:npm/%40scope/name@1.0.0-rc.1%2Bx'],
    [{ kind: 'pypi', name: 'Flask_Login', version: '3.0' }, DEBIAN, 'pkg:pypi/flask-login@3.0'],
    [{ kind: 'golang', name: 'github.com/BurntSushi/toml', version: 'v1.2.0' }, DEBIAN, 'pkg:golang/github.com/BurntSushi/toml@v1.2.0'],
    [{ kind: 'cargo', name: 'serde', version: '1.0.2' }, undefined, 'pkg:cargo/serde@1.0.2'],
    [{ kind: 'gem', name: 'rake', version: '' }, undefined, 'pkg:gem/rake'],
  ]
  for (const [fields, distribution, want] of cases) {
    it(`writes ${want}`, () => {
      const one = toPackage(fields)
      assert.equal(one === undefined ? undefined : formatPurl(one, distribution), want)
    })
  }
  it('writes what others read, whatever the names are', () => {
    const names = fc.string({ minLength: 1, unit: 'binary' }).filter((name) => toPackage({ kind: 'cargo', name, version: '' }) !== undefined)
    fc.assert(
      fc.property(names, fc.string({ unit: 'binary' }), (name, version) => {
        const one = toPackage({ kind: 'cargo', name, version })
        assert.ok(one)
        const read = PackageURL.fromString(formatPurl(one, undefined))
        assert.deepEqual([read.name, read.version ?? ''], [one.name.toWellFormed(), one.version.toWellFormed()])
      }),
    )
  })
})
