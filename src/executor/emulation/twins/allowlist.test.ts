import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatCanonicalJson } from '../../../ground/canonicalJson.ts'
import { digestOf } from '../../../ground/digest.ts'
import { ALLOWED_TOOLS, TWINS_VERSION } from './allowlist.ts'

const called = ALLOWED_TOOLS.flatMap(({ programs, alsoCalled = [], names = [] }) => [...programs.map((path) => path.slice(path.lastIndexOf('/') + 1)), ...alsoCalled, ...names])

describe('the allowlist of twins', () => {
  const KNOWN_WRONG = 'printf seq numfmt od du df dd bash uname arch nproc getconf lscpu ldconfig locale iconv python3 perl start-stop-daemon dpkg-architecture gcc cc make awk mawk gawk stdbuf openssl who users logname su sudo passwd hexdump xxd ps'
  for (const name of KNOWN_WRONG.split(' ')) {
    it(`has no ${name}`, () => assert.ok(!called.includes(name)))
  }
  it('has changed only with a decision on its version, which is that of cached results', () => {
    const list = ALLOWED_TOOLS.map(({ why: _why, ...rest }) => rest)
    assert.deepEqual({ version: TWINS_VERSION, list: digestOf(formatCanonicalJson(list)) }, { version: 3, list: 'sha256:e1058381ab04bcbbb0f744140a3cf24eb9a47360ab98b5b411e9d9b8e76f34a9' }, 'raise the version where a tool was wrong, and write the new digest here')
  })
  it('gives busybox no leave to run by its own name', () => assert.ok(ALLOWED_TOOLS.every(({ programs, names }) => !programs.includes('/usr/bin/busybox') || (names !== undefined && !names.includes('busybox')))))
  it('gives a reason and a package for each', () => assert.ok(ALLOWED_TOOLS.every(({ why, packages }) => why !== '' && (packages.deb ?? packages.apk) !== undefined)))
  it('names no program twice for one kind of package', () => {
    for (const kind of ['deb', 'apk'] as const) {
      const programs = ALLOWED_TOOLS.filter(({ packages }) => packages[kind] !== undefined).flatMap((tool) => tool.programs)
      assert.deepEqual(programs, [...new Set(programs)])
    }
  })
})
