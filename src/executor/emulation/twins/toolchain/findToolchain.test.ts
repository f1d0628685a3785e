import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { openRoot } from '../../../../archive/safePath.ts'
import { parsePlatform } from '../../../../ground/platform.ts'
import type { FactsReader } from '../fileFacts.ts'
import { createPackageReader } from '../packages/readPackages.ts'
import { createWordReader } from '../spelling/spelledStart.ts'
import { findToolchain } from './findToolchain.ts'
import type { HeaderFolders } from './headerFolders.ts'
import type { ToolchainSearch } from './toolchainSearch.ts'

/** By package, its version; and its files, by path, with what they say of themselves: how they were configured, and what libraries they need behind it. */
type Packages = Readonly<Record<string, { readonly version: string; readonly files: Readonly<Record<string, string>> }>>

interface Sides {
  readonly step: Packages
  readonly toolchain: Packages
  /** Files beside those of packages, or in their place. */
  readonly others?: { readonly step?: Readonly<Record<string, string>>; readonly toolchain?: Readonly<Record<string, string>> }
}

const HEX = 'a'.repeat(32)
const OTHER_HEX = 'b'.repeat(32)

function writeRoot(folder: string, packages: Packages, others: Readonly<Record<string, string>> = {}): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write('var/lib/dpkg/status', Object.entries(packages).map(([name, { version }]) => `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nDepends: libone, libbinutils\n`).join('\n'))
  for (const [name, { files }] of Object.entries(packages)) {
    write(`var/lib/dpkg/info/${name}.md5sums`, Object.keys(files).map((path) => `${HEX}  ${path}\n`).join(''))
    for (const [path, text] of Object.entries(files)) write(path, text)
  }
  for (const [path, text] of Object.entries(others)) write(path, text)
}

const FOLDERS: HeaderFolders = { rows: [{ path: '/usr/include', component: undefined, flags: [0, 0, 1, 2] }], offset: 8, room: { address: 65_536, offset: 65_536, tableOffset: 64, tableFor: () => Buffer.from('table') } }

/** `needs LIBRARY` is what a program needs, `changed` that it is not what its package brought, all else how it was configured. */
function readFacts(folders: ReadonlyMap<unknown, string>): FactsReader {
  return {
    async read(root, { path }) {
      const text = readFileSync(join(folders.get(root) ?? assert.fail('no such root'), path), 'utf8')
      const [, library] = /needs (\S+)/.exec(text) ?? []
      return { hex: text.includes('changed') ? OTHER_HEX : HEX, needs: { loader: library === undefined ? undefined : 'usr/lib/loader', libraries: library === undefined ? [] : [library] }, takesArgv0: path.endsWith('loader'), asksForItself: false, configuration: text.includes('configure') ? text.replace(/ (?:needs|changed|folderless).*/, '') : undefined, headerFolders: text.includes('folderless') ? undefined : FOLDERS }
    },
  }
}

async function search(architecture: string, { step, toolchain, others }: Sides): Promise<ToolchainSearch> {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-toolchain-'))
  try {
    writeRoot(join(folder, 'step'), step, others?.step)
    writeRoot(join(folder, 'toolchain'), toolchain, others?.toolchain)
    using stepRoot = openRoot(join(folder, 'step'))
    using toolchainRoot = openRoot(join(folder, 'toolchain'))
    const facts = readFacts(new Map([[stepRoot, join(folder, 'step')], [toolchainRoot, join(folder, 'toolchain')]]))
    return await findToolchain({ step: stepRoot, target: parsePlatform(`linux/${architecture}`), toolchain: toolchainRoot, native: parsePlatform('linux/amd64') }, { packages: createPackageReader(), facts, words: createWordReader() }, new AbortController().signal)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const NATIVE = 'x86_64-linux-gnu'
const CONFIGURED = "../configure -v --with-pkgversion='Debian 14.2.0-19' --disable-multilib"

/** A gcc with its binutils, in the step or for it. */
function compilers(triplet: string, kind: 'own' | 'cross', { gcc = CONFIGURED, libraries = '1', binutils = '2.44-3', binutilsNeeds = '' } = {}): Packages {
  const folder = `usr/libexec/${kind === 'own' ? 'gcc' : 'gcc-cross'}/${triplet}/14`
  const suffix = kind === 'own' ? '' : `-${triplet.replaceAll('_', '-')}`
  return {
    [`gcc-14${suffix}`]: { version: '14.2.0-19', files: { [`${folder}/cc1`]: `${gcc} needs libone.so`, [`${folder}/lto1`]: gcc, [`${folder}/liblto_plugin.so`]: '' } },
    [`g++-14${suffix}`]: { version: '14.2.0-19', files: { [`${folder}/cc1plus`]: `${gcc} needs libone.so` } },
    [`binutils-${triplet.replaceAll('_', '-')}`]: { version: binutils, files: { [`usr/bin/${triplet}-as`]: binutilsNeeds && `needs ${binutilsNeeds}`, [`usr/bin/${triplet}-ld.bfd`]: '' } },
    ...(binutilsNeeds === '' ? {} : { libbinutils: { version: binutils, files: { [`usr/lib/${triplet}/${binutilsNeeds}`]: '' } } }),
    libone: { version: libraries, files: { [`usr/lib/${kind === 'own' ? triplet : NATIVE}/libone.so`]: '', 'usr/lib/loader': '' } },
  }
}

const ARM64 = 'aarch64-linux-gnu'
const PLAIN: Sides = { step: compilers(ARM64, 'own'), toolchain: compilers(ARM64, 'cross') }
const CC1 = `usr/libexec/gcc/${ARM64}/14/cc1`
const CROSS_CC1 = `usr/libexec/gcc-cross/${ARM64}/14/cc1`
const ALL = ['cc1', 'cc1plus', 'lto1', 'as', 'ld.bfd']

describe('the toolchain of a step', () => {
  const targets: readonly (readonly [architecture: string, triplet: string])[] = [['arm64', ARM64], ['riscv64', 'riscv64-linux-gnu'], ['arm/v7', 'arm-linux-gnueabihf']]
  for (const [architecture, triplet] of targets) {
    it(`is that for ${architecture}`, async () => {
      const { twins, why } = await search(architecture, { step: compilers(triplet, 'own'), toolchain: compilers(triplet, 'cross') })
      assert.deepEqual([twins.map(({ calledAs: [name] }) => name), why], [ALL, undefined])
    })
  }

  const others: readonly (readonly [name: string, sides: Sides, twins: readonly string[], why: string | undefined])[] = [
    ['is nothing where the step has no compiler, and no reason is told', { ...PLAIN, step: {} }, [], undefined],
    ['is nothing where it has one that no package brought', { ...PLAIN, step: { libone: { version: '1', files: {} } }, others: { step: { [CC1]: CONFIGURED } } }, [], 'cc1 of gcc 14 is not as its package brought it, or has other libraries than in the toolchain'],
    ['leaves out a program that was changed in the step', { ...PLAIN, others: { step: { [CC1]: `${CONFIGURED} changed` } } }, ALL.slice(1), 'cc1 of gcc 14 is not as its package brought it, or has other libraries than in the toolchain'],
    ['leaves out one that was changed in the toolchain', { ...PLAIN, others: { toolchain: { [CROSS_CC1]: `${CONFIGURED} changed` } } }, ALL.slice(1), 'cc1 of gcc 14 in the toolchain is not as its package brought it'],
    ['is without compilers of another revision, and their plugin', { ...PLAIN, toolchain: compilers(ARM64, 'cross', { gcc: CONFIGURED.replace('19', '18') }) }, ['as', 'ld.bfd'], 'gcc 14 is Debian 14.2.0-19 here, and Debian 14.2.0-18 in the toolchain'],
    ['leaves out one with a library of another version', { ...PLAIN, toolchain: compilers(ARM64, 'cross', { libraries: '2' }) }, ALL.slice(2), 'cc1 of gcc 14 is not as its package brought it, or has other libraries than in the toolchain; cc1plus of gcc 14 is not as its package brought it, or has other libraries than in the toolchain'],
    ['has one whose library is of its own source, and for the target alone', { ...PLAIN, step: compilers(ARM64, 'own', { binutilsNeeds: 'libbfd.so' }) }, ALL, undefined],
    ['leaves out one that would run with a library that no package brought', { ...PLAIN, others: { step: { [`usr/lib/${ARM64}/libone.so`]: 'changed' } } }, ALL.slice(2), 'cc1 of gcc 14 is not as its package brought it, or has other libraries than in the toolchain; cc1plus of gcc 14 is not as its package brought it, or has other libraries than in the toolchain'],
    ['leaves out one that does not say where it looks for headers', { ...PLAIN, toolchain: compilers(ARM64, 'cross', { gcc: `${CONFIGURED} folderless` }) }, ['lto1', 'as', 'ld.bfd'], 'cc1 of gcc 14 does not say where it looks for headers; cc1plus of gcc 14 does not say where it looks for headers'],
    ['is nothing for one that was built from source, which is told', { step: { libone: { version: '1', files: {} } }, toolchain: PLAIN.toolchain, others: { step: { [`usr/local/libexec/gcc/${ARM64}/14.2.0/cc1`]: CONFIGURED } } }, [], `gcc 14.2.0 (/usr/local/libexec/gcc/${ARM64}/14.2.0) was built from source, so that no cross compiler is known to be equal: only the distribution's own gcc has one`],
    ['is without binutils of another version', { ...PLAIN, toolchain: compilers(ARM64, 'cross', { binutils: '2.45-1' }) }, ALL.slice(0, 3), undefined],
    ['is nothing where it has no such compiler', { ...PLAIN, toolchain: { libone: { version: '1', files: {} } } }, [], 'gcc 14 for arm64 is not in the toolchain'],
    ['says which version the distribution offers', { ...PLAIN, toolchain: { libone: { version: '1', files: {} } }, others: { toolchain: { 'usr/share/pelago/toolchain': `gcc-14-${ARM64} 14.2.0-20 14.2.0-19cross1\n` } } }, [], "gcc 14 is 14.2.0-20 here, and 14.2.0-19cross1 among the distribution's cross compilers"],
    ['does not repeat that compilers could not be fetched', { ...PLAIN, toolchain: { libone: { version: '1', files: {} } }, others: { toolchain: { 'usr/share/pelago/toolchain': 'failed\n' } } }, [], undefined],
  ]
  for (const [name, sides, twins, why] of others) {
    it(name, async () => {
      const found = await search('arm64', sides)
      assert.deepEqual([found.twins.map(({ calledAs: [program] }) => program), found.why], [twins, why])
    })
  }

  const clang = (version: string, { libraries = '1', triplet = NATIVE } = {}): Packages => ({
    'clang-19': { version, files: { 'usr/lib/llvm-19/bin/clang': 'needs libone.so' } },
    'lld-19': { version, files: { 'usr/lib/llvm-19/bin/lld': 'needs libone.so' } },
    libone: { version: libraries, files: { [`usr/lib/${triplet}/libone.so`]: '', 'usr/lib/loader': '' } },
  })
  const step = clang('1:19.1', { triplet: ARM64 })
  const clangs: readonly (readonly [name: string, architecture: string, toolchain: Packages, twins: readonly string[], why: string | undefined])[] = [
    ['has clang and its linker, the same packages', 'arm64', clang('1:19.1'), ['clang', 'lld'], undefined],
    ['has none of another version', 'arm64', clang('1:19.2'), [], 'clang 19 is 1:19.1 here, and 1:19.2 in the toolchain'],
    ['has none with other libraries', 'arm64', clang('1:19.1', { libraries: '2' }), [], 'clang 19 is not as its package brought it, or has other libraries than in the toolchain'],
    ['has none for a platform that is not proven', 'arm/v7', clang('1:19.1'), [], 'clang 19 for arm is not known to give the same output'],
  ]
  for (const [name, architecture, toolchain, twins, why] of clangs) {
    it(name, async () => {
      const found = await search(architecture, { step, toolchain })
      assert.deepEqual([found.twins.map(({ calledAs: [program] }) => program), found.why], [twins, why])
    })
  }
  it('starts clang by its path and its name, and tells its driver the target', async () => {
    const [found] = (await search('arm64', { step, toolchain: clang('1:19.1') })).twins
    const ways = [found, found?.otherwise, found?.otherwise?.otherwise, found?.otherwise?.otherwise?.otherwise]
    assert.deepEqual(ways.map((way) => way?.call.first ?? way?.call.names), [['-cc1'], ['clang++'], ['clang-19'], ['clang']])
    const driver = '/dev/.pelago/toolchain/usr/lib/llvm-19/bin/clang -no-canonical-prefixes --target=aarch64-unknown-linux-gnu'
    assert.deepEqual(ways.map((way) => way?.start.words.slice(way.start.words.indexOf('--argv0') + 1).join(' ')), [
      '/usr/lib/llvm-19/bin/clang /dev/.pelago/toolchain/usr/lib/llvm-19/bin/clang',
      `/usr/lib/llvm-19/bin/clang++ ${driver}`,
      `/usr/lib/llvm-19/bin/clang-19 ${driver}`,
      `/usr/lib/llvm-19/bin/clang ${driver}`,
    ])
  })
  const rust = (version: string, { libraries = version, triplet = NATIVE } = {}): Packages => ({
    rustc: { version, files: { 'usr/bin/rustc': 'needs libone.so' } },
    libone: { version: libraries, files: { [`usr/lib/${triplet}/libone.so`]: '', 'usr/lib/loader': '' } },
  })
  const rustStep = rust('1.85.1-1', { triplet: ARM64 })
  const unknown = 'is not known to give the same output'
  const rusts: readonly (readonly [name: string, architecture: string, sides: Sides, twins: readonly string[], why: string | undefined])[] = [
    ['has rustc, the same package', 'arm64', { step: rustStep, toolchain: rust('1.85.1-1') }, ['rustc'], undefined],
    ['has none of another revision', 'arm64', { step: rustStep, toolchain: rust('1.85.1-2') }, [], 'rustc is 1.85.1-1 here, and 1.85.1-2 in the toolchain'],
    ['has no rustc with other libraries', 'arm64', { step: rustStep, toolchain: rust('1.85.1-1', { libraries: '2' }) }, [], 'rustc is not as its package brought it, or has other libraries than in the toolchain'],
    ['has no rustc of a version that is not proven', 'arm64', { step: rust('1.90.0-1', { triplet: ARM64 }), toolchain: rust('1.90.0-1') }, [], `rustc 1.90.0-1 for arm64 ${unknown}`],
    ['has no rustc for a platform that is not proven', 'riscv64', { step: rust('1.85.1-1', { triplet: 'riscv64-linux-gnu' }), toolchain: rust('1.85.1-1') }, [], `rustc 1.85.1-1 for riscv64 ${unknown}`],
    ['has no rustc that no package brought', 'arm64', { step: { libone: { version: '1', files: {} } }, toolchain: rust('1.85.1-1'), others: { step: { 'usr/bin/rustc': '' } } }, [], 'rustc is of no package'],
    ['is nothing where it has no rustc', 'arm64', { step: rustStep, toolchain: { libone: { version: '1', files: {} } } }, [], 'rustc for arm64 is not in the toolchain'],
  ]
  for (const [name, architecture, sides, twins, why] of rusts) {
    it(name, async () => {
      const found = await search(architecture, sides)
      assert.deepEqual([found.twins.map(({ calledAs: [program] }) => program), found.why], [twins, why])
    })
  }
  it('tells rustc its root and the target, and is not for calls that may load libraries', async () => {
    const [found] = (await search('arm64', { step: rustStep, toolchain: rust('1.85.1-1') })).twins
    assert.deepEqual(found?.start.words.slice(-5), ['/dev/.pelago/toolchain/usr/bin/rustc', '--sysroot', '/usr', '--target', 'aarch64-unknown-linux-gnu'])
    assert.deepEqual([found.call.names, found.call.loading], [['rustc'], ['-L']])
  })
  it('gives a linker the plugin of each compiler', async () => {
    const linker = (await search('arm64', PLAIN)).twins.find(({ calledAs: [name] }) => name === 'ld.bfd')
    assert.deepEqual(linker?.call.replaced, [['-plugin', `/usr/libexec/gcc/${ARM64}/14/liblto_plugin.so`, `/dev/.pelago/toolchain/usr/libexec/gcc-cross/${ARM64}/14/liblto_plugin.so`]])
  })
})
