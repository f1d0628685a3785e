import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { categoryOf } from './fileCategory.ts'
import { foldLayers } from './imageFiles.ts'
import { makeLayer } from './layerFiles.suite.ts'
import { findSavings } from './savings.ts'

const BIG = 'x'.repeat(20_000)

describe('findSavings', () => {
  const cases: readonly { readonly name: string; readonly layers: readonly Parameters<typeof makeLayer>[0][]; readonly want: readonly string[] }[] = [
    { name: 'nothing of an image that has no more than it needs', layers: [{ 'usr/bin/app': BIG }], want: [] },
    { name: 'what a later step deletes, with both layers', layers: [{ a: BIG }, {}, { '.wh.a': '' }], want: ['deleted-later 20000 1 in 0 by 2: /a'] },
    { name: 'what a later step changes the mode of', layers: [{ a: BIG }, { a: BIG }], want: ['touched-later 20000 1 in 0 by 1: /a'] },
    { name: 'lists of packages, layer by layer', layers: [{ 'var/lib/apt/lists/a': BIG }, { 'var/lib/apt/lists/b': `${BIG}y` }], want: ['package-lists 20001 1 in 1 by none: /var/lib/apt/lists/b', 'package-lists 20000 1 in 0 by none: /var/lib/apt/lists/a'] },
    { name: 'all but one of equal files, of the later layer', layers: [{ 'opt/b': BIG }, { 'opt/a': BIG, 'opt/c': BIG }], want: ['duplicates 40000 2 in 1 by none: /opt/a /opt/c'] },
    { name: 'no hard link as a duplicate', layers: [{ a: BIG, b: '=> a' }], want: [] },
    { name: 'no small equal files', layers: [{ a: 'x'.repeat(4000), b: 'x'.repeat(4000), c: 'x'.repeat(4000), d: 'x'.repeat(4000), e: 'x'.repeat(4000) }], want: [] },
    { name: 'nothing below what a line is worth', layers: [{ 'tmp/a': 'x'.repeat(9_000) }], want: [] },
  ]
  for (const { name, layers, want } of cases) {
    it(`finds ${name}`, async () => {
      const found = findSavings(foldLayers(await Promise.all(layers.map(makeLayer))))
      assert.deepEqual(found.map(({ rule, sizeBytes, fileCount, layer, byLayer = 'none', examples }) => `${rule} ${sizeBytes} ${fileCount} in ${layer} by ${byLayer}: ${examples.map(({ path }) => path).join(' ')}`), want)
    })
  }
})

describe('categoryOf', () => {
  const cases = [
    ['usr/share/doc/bash/copyright', 'documentation'],
    ['usr/share/man/de/man1/ls.1.gz', 'documentation'],
    ['usr/share/locale/de/LC_MESSAGES/x.mo', 'locales'],
    ['usr/lib/locale/C.utf8/LC_CTYPE', 'locales'],
    ['var/lib/apt/lists/mirror.example.org_x_InRelease', 'package-lists'],
    ['var/cache/apt/pkgcache.bin', 'package-cache'],
    ['var/cache/apk/APKINDEX.tar.gz', 'package-cache'],
    ['root/.cache/pip/http/a', 'package-cache'],
    ['home/node/.npm/_cacache/x', 'package-cache'],
    ['usr/local/cargo/registry/cache/x.crate', 'package-cache'],
    ['root/.cargo/git/db/x', 'package-cache'],
    ['root/.cache/go-build/00/x', 'package-cache'],
    ['go/pkg/mod/x', 'package-cache'],
    ['app/.git/HEAD', 'repository'],
    ['usr/lib/python3/__pycache__/x.pyc', 'bytecode'],
    ['usr/include/stdio.h', 'build-tools'],
    ['usr/lib/x86_64-linux-gnu/libc.a', 'build-tools'],
    ['usr/lib/debug/.build-id/aa/b.debug', 'debug-files'],
    ['tmp/x', 'left-overs'],
    ['var/lib/dpkg/status', undefined],
    ['lib/apk/db/installed', undefined],
    ['usr/share/documents', undefined],
    ['app/docs/man/x', undefined],
    ['app/.gitignore', undefined],
    ['srv/data.a', undefined],
  ] as const
  for (const [path, want] of cases) it(`of ${path} is ${want ?? 'none'}`, () => assert.equal(categoryOf(path)?.rule, want))
})
