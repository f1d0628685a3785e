import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { openRoot } from '../../../../archive/safePath.ts'
import type { PackageDatabase, PackageFile } from './packageDatabase.ts'
import { placeOf } from './packageDatabase.ts'
import { createPackageReader } from './readPackages.ts'

const never = new AbortController().signal
const A = 'a'.repeat(32)
const B = 'b'.repeat(32)

const STATUS = `Package: tool
Status: install ok installed
Architecture: arm64
Version: 1:2.3-4
Depends: libone (>= 2), libtwo:any | other,
 ghost
Description: a tool
 of two lines

Package: libone
Status: install ok installed
Architecture: arm64
Version: 7

Package: libtwo
Status: install ok installed
Version: 8
Depends: tool

Package: gone
Status: deinstall ok config-files
Version: 9

Package: half
Status: install ok half-installed
Version: 9
`
const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'
const INSTALLED = `C:Q1x
P:busybox
V:1.36.1-r5
F:bin
M:0:0:755
R:busybox
a:0:0:755
Z:Q1${Buffer.from(SHA1, 'hex').toString('base64')}
F:
R:top
Z:0123

P:musl
V:1.2.4-r2
F:lib
R:ld-musl-x86_64.so.1
Z:Q1${Buffer.from(SHA1, 'hex').toString('base64')}
`

interface Made {
  readonly root: ReturnType<typeof openRoot>
  readonly database: PackageDatabase | undefined
}

async function withRoot<T>(files: Readonly<Record<string, string>>, look: (made: Made) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), 'pelago-packages-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true })
      writeFileSync(join(path, name), text)
    }
    using root = openRoot(path)
    return await look({ root, database: await createPackageReader().read(root, never) })
  } finally {
    await rm(path, { recursive: true })
  }
}

const DEBIAN = { 'var/lib/dpkg/status': STATUS, 'var/lib/dpkg/info/tool.md5sums': `${A}  bin/tool\n${B}  usr/share/doc/tool/a b\n`, 'var/lib/dpkg/info/libone:arm64.md5sums': `${B}  usr/lib/libone.so.1\n`, 'var/lib/dpkg/info/gone.md5sums': `${A}  bin/gone\n` }

describe('what is installed', () => {
  it('of dpkg has versions of what was set up', async () => {
    const versions = await withRoot(DEBIAN, async ({ database }) => ['tool', 'libone', 'gone', 'half', 'ghost'].map((name) => database?.versionOf(name)))
    assert.deepEqual(versions, ['1:2.3-4', '7', undefined, undefined, undefined])
  })
  it('of dpkg has the files of a package and of what it needs, and no others', async () => {
    const files = await withRoot(DEBIAN, async ({ database, root }) => await database?.filesFor('tool', root, never))
    assert.deepEqual([...(files ?? [])].map(([place, { owner, checksum }]) => [place, owner, checksum.hex]), [['bin/tool', 'tool', A], ['usr/share/doc/tool/a b', 'tool', B], ['lib/libone.so.1', 'libone', B]])
  })
  it('of apk has versions, and files by their SHA-1', async () => {
    await withRoot({ 'lib/apk/db/installed': INSTALLED }, async ({ database, root }) => {
      assert.deepEqual([database?.kind, database?.versionOf('busybox'), database?.versionOf('musl')], ['apk', '1.36.1-r5', '1.2.4-r2'])
      const files = (await database?.filesFor('busybox', root, never)) ?? new Map()
      assert.deepEqual([...files.keys()], ['bin/busybox', 'lib/ld-musl-x86_64.so.1'])
      assert.deepEqual(files.get('bin/busybox'), { owner: 'busybox', checksum: { algorithm: 'sha1', hex: SHA1 } })
    })
  })
  it('of apk 3 has files by the beginning of their SHA-256', async () => {
    await withRoot({ 'lib/apk/db/installed': INSTALLED.replace('V:1.36.1-r5\n', 'V:1.36.1-r5\nf:S\n') }, async ({ database, root }) => {
      const files = await database?.filesFor('busybox', root, never)
      assert.deepEqual([...(files ?? new Map<string, PackageFile>()).values()].map(({ checksum: { algorithm } }) => algorithm), ['sha256-160', 'sha1'])
    })
  })
  it('of an image without dpkg is what the files of status.d say, whatever they are called', async () => {
    const fragments = { 'var/lib/dpkg/status.d/tool': 'Package: tool\nArchitecture: arm64\nVersion: 1:2.3-4\nDepends: libone (>= 2)\n', 'var/lib/dpkg/status.d/tool.md5sums': `${A}  bin/tool\n`, 'var/lib/dpkg/status.d/bGlib25l': 'Package: libone\nVersion: 7\n', 'var/lib/dpkg/status.d/bGlib25l.md5sums': `${B}  usr/lib/libone.so.1\n` }
    await withRoot(fragments, async ({ database, root }) => {
      assert.deepEqual([database?.kind, database?.versionOf('tool'), database?.versionOf('libone')], ['deb', '1:2.3-4', '7'])
      const files = await database?.filesFor('tool', root, never)
      assert.deepEqual([...(files ?? [])].map(([place, { owner, checksum }]) => [place, owner, checksum.hex]), [['bin/tool', 'tool', A], ['lib/libone.so.1', 'libone', B]])
    })
  })
  it('is not known where there is no database', async () => {
    assert.equal(await withRoot({ 'etc/os-release': 'ID=x' }, async ({ database }) => database), undefined)
  })
})

describe('the place of a file', () => {
  const places: readonly (readonly [path: string, place: string])[] = [
    ['/usr/bin/cat', 'bin/cat'],
    ['bin/cat', 'bin/cat'],
    ['usr/lib64/ld.so', 'lib64/ld.so'],
    ['usr/sbin/x', 'sbin/x'],
    ['usr/share/bin/x', 'usr/share/bin/x'],
    ['usr/libexec/x', 'usr/libexec/x'],
  ]
  for (const [path, place] of places) {
    it(`is ${place} for ${path}`, () => assert.equal(placeOf(path), place))
  }
})
