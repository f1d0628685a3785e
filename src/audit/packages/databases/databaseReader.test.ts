import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { FileEvidence } from '../fileEvidence.ts'
import { databaseReaderOf } from './databaseReader.ts'

function read(path: string, text: string): FileEvidence | undefined {
  return databaseReaderOf(path)?.parse(Buffer.from(text))
}

/** What of each package the case is about. */
function told(path: string, text: string): readonly string[] {
  const evidence = read(path, text)
  if (evidence?.kind !== 'packages') return [evidence?.kind ?? 'no database']
  return evidence.packages.map(({ kind, name, version, architecture, source, licenses, supplier, homepage }) => [kind, name, version, architecture, source === undefined ? '' : `${source.name}=${source.version}`, licenses.join(';'), supplier, homepage].join('|'))
}

const DPKG = `Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Source: glibc (2.36-9)
Version: 2.36-9+b1
Homepage: https://www.gnu.org/software/libc/libc.html
Description: GNU C Library: Shared libraries
 Package: not-a-package

Package: gone
Status: deinstall ok config-files
Version: 1

Package: half
Status: install ok unpacked
Architecture: all
Version: 2
`

const APK = `C:Q1abc=
P:musl
V:1.2.5-r0
A:x86_64
L:MIT
o:musl
m:Timo <timo@example.org>
U:https://musl.libc.org/
F:lib
R:ld-musl-x86_64.so.1

P:py3-yaml
V:6.0-r1
A:x86_64
L:MIT AND BSD-3-Clause
o:py3-yaml
F:usr/lib/python3.12/site-packages/PyYAML-6.0.dist-info
R:METADATA
F:
R:top
`

describe('databases of packages', () => {
  const cases: readonly (readonly [name: string, path: string, text: string, want: readonly string[]])[] = [
    ['dpkg: what is installed or unpacked, not what was removed', 'var/lib/dpkg/status', DPKG, ['deb|libc6|2.36-9+b1|amd64|glibc=2.36-9||GNU Libc Maintainers <debian-glibc@lists.debian.org>|https://www.gnu.org/software/libc/libc.html', 'deb|half|2|all||||']],
    ['dpkg: one file a package, as in images made without dpkg', 'var/lib/dpkg/status.d/tzdata', 'Package: tzdata\nVersion: 2024a\nArchitecture: all\n', ['deb|tzdata|2024a|all||||']],
    ['dpkg: no checksums', 'var/lib/dpkg/status.d/tzdata.md5sums', 'Package: x\n', ['no database']],
    ['dpkg: a file without paragraphs', 'var/lib/dpkg/status', '\n\n: x\n no field\n', ['nothing']],
    ['apk', 'lib/apk/db/installed', APK, ['apk|musl|1.2.5-r0|x86_64|musl=|MIT|Timo <timo@example.org>|https://musl.libc.org/', 'apk|py3-yaml|6.0-r1|x86_64|py3-yaml=|MIT AND BSD-3-Clause||']],
    ['apk below /usr', 'usr/lib/apk/db/installed', 'P:a\nV:1', ['apk|a|1|||||']],
    ['npm', 'app/node_modules/@a/b/package.json', '\ufeff{"name":"@a/b","version":"1.0.0","license":"MIT","author":{"name":"N","email":"n@e"},"homepage":"https://b"}', ['npm|@a/b|1.0.0|||MIT|N <n@e>|https://b']],
    ['npm: old ways to say the licence', 'node_modules/x/package.json', '{"name":"x","version":"1","licenses":[{"type":"MIT"},{"type":"Apache-2.0"}],"author":"N <n@e> (https://n)"}', ['npm|x|1|||MIT OR Apache-2.0|N <n@e>|']],
    ['npm: parts of a package are none', 'node_modules/x/dist/package.json', '{"name":"x","version":"1"}', ['no database']],
    ['npm: what has no version is none', 'node_modules/x/package.json', '{"name":"x","type":"module"}', ['nothing']],
    ['npm: what is no object', 'node_modules/x/package.json', '[1]', ['unread']],
    ['npm: what is no JSON', 'node_modules/x/package.json', '{"name":', ['unread']],
    ['npm: fields of other kinds', 'node_modules/x/package.json', '{"name":"x","version":"1","license":{"type":7},"author":["n"],"homepage":{},"__proto__":{"license":"MIT"}}', ['npm|x|1|||||']],
    ['Python: a wheel', 'usr/lib/python3/site-packages/flask-3.0.dist-info/METADATA', 'Metadata-Version: 2.1\r\nName: Flask\r\nVersion: 3.0\r\nLicense-Expression: BSD-3-Clause\r\nAuthor-email: A <a@b>\r\n\r\nVersion: no\r\n', ['pypi|Flask|3.0|||BSD-3-Clause|A <a@b>|']],
    ['Python: an egg that only classifies its licence', 'lib/x.egg-info/PKG-INFO', 'Name: x\nVersion: 1\nLicense: UNKNOWN\nHome-page: https://x\nClassifier: License :: OSI Approved\nClassifier: License :: OSI Approved :: MIT License\n', ['pypi|x|1|||MIT License||https://x']],
    ['Python: the whole text as licence', 'lib/x.egg-info', 'Name: x\nVersion: 1\nLicense: Copyright\n        many lines\nAuthor: N\nAuthor-email: n@e\n', ['pypi|x|1||||N <n@e>|']],
    ['Ruby', 'usr/lib/ruby/gems/3.1.0/specifications/rake-13.0.6.gemspec', 'Gem::Specification.new do |s|\n  s.name = "rake".freeze\n  s.version = "13.0.6"\n  s.licenses = ["MIT".freeze, "Ruby".freeze]\n  s.homepage = "https://r"\nend\n', ['gem|rake|13.0.6|||MIT OR Ruby||https://r']],
    ['nothing in other files', 'etc/passwd', 'root', ['no database']],
    ['no name that is longer than any name', 'lib/apk/db/installed', `P:${'x'.repeat(5000)}\nV:1\n`, ['nothing']],
  ]
  for (const [name, path, text, want] of cases) it(`reads ${name}`, () => assert.deepEqual(told(path, text), want))

  it('tell which files of languages they brought', () => {
    const apk = read('lib/apk/db/installed', APK)
    const dpkg = read('var/lib/dpkg/info/python3-yaml.list', '/.\n/usr\n/usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO\n/usr/bin/x\n')
    assert.deepEqual([apk, dpkg].map((evidence) => evidence?.kind === 'packages' && evidence.owned), [['usr/lib/python3.12/site-packages/PyYAML-6.0.dist-info/METADATA'], ['usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO']])
  })

  const licenses: readonly (readonly [name: string, text: string, want: readonly string[]])[] = [
    ['of each part in the form for machines', 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+\n Text\n\nFiles: a\nLicense: Expat\n\nLicense: GPL-2+\n Text', ['Expat', 'GPL-2+']],
    ['that free text points to', 'This is free. See /usr/share/common-licenses/GPL-3.\nAnd `/usr/share/common-licenses/LGPL-2.1\'', ['GPL-3', 'LGPL-2.1']],
    ['none where none is named', 'All mine.', []],
  ]
  for (const [name, text, want] of licenses) it(`tell licences of Debian: ${name}`, () => assert.deepEqual(read('usr/share/doc/x/copyright', text), { kind: 'licenses', licenses: want }))

  const systems: readonly (readonly [name: string, text: string, want: unknown])[] = [
    ['quotes of both kinds', 'PRETTY_NAME="A \\"B\\""\nID=\'alpine\'\nVERSION_ID=3.20.1\n', { kind: 'os-release', distribution: { id: 'alpine', versionId: '3.20.1', prettyName: 'A "B"' } }],
    ['one without a version', 'ID=arch', { kind: 'os-release', distribution: { id: 'arch', versionId: '', prettyName: '' } }],
    ['none with an odd name', 'ID="a b"', { kind: 'nothing' }],
  ]
  for (const [name, text, want] of systems) it(`tell the distribution: ${name}`, () => assert.deepEqual(read('etc/os-release', text), want))

  const paths = ['var/lib/dpkg/status', 'lib/apk/db/installed', 'node_modules/x/package.json', 'x.dist-info/METADATA', 'specifications/x.gemspec', 'usr/share/doc/x/copyright', 'etc/os-release', 'var/lib/dpkg/info/x.list']
  for (const path of paths) {
    it(`never fail, whatever stands in ${path}`, () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => databaseReaderOf(path)?.parse(bytes) !== undefined))
    })
  }
})
