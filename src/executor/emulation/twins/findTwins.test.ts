import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { openRoot } from '../../../archive/safePath.ts'
import { parsePlatform } from '../../../ground/platform.ts'
import type { FactsReader } from './fileFacts.ts'
import { findTwins, type FoundTwin, type TwinSearch } from './findTwins.ts'
import { createPackageReader } from './packages/readPackages.ts'
import { hashBytes } from './rootFiles.ts'
import { createWordReader } from './spelling/spelledStart.ts'

/** By path: text, or `-> ` and where a link leads. */
type Files = Readonly<Record<string, string>>

/** By package: its version, what it depends on, and its files. */
type Packages = Readonly<Record<string, readonly [version: string, depends: string, files: Files]>>

interface Root {
  readonly packages: Packages
  readonly release: string
  /** In the form of apk, or of images without dpkg; undefined: dpkg's. */
  readonly form?: 'apk' | 'status.d'
  /** Besides those of packages, or over them. */
  readonly files?: Files
}

/** Files as text: `loader PATH` and `needs LIBRARY …` are what a program asks for. */
const textReader: FactsReader = {
  async read(root, { path }, { algorithm }) {
    const bytes = readFileSync(`/proc/self/fd/${root.fd}/${path}`)
    const text = bytes.toString()
    return { hex: hashBytes(bytes, algorithm), needs: { loader: /^loader (.*)$/m.exec(text)?.[1], libraries: /^needs (.*)$/m.exec(text)?.[1]?.split(' ') ?? [] }, takesArgv0: text.includes('argv0'), asksForItself: text.includes('/proc/self/exe'), configuration: undefined, headerFolders: undefined }
  },
}

function writeFiles(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    rmSync(join(folder, path), { force: true })
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(folder, path))
    else writeFileSync(join(folder, path), text)
  }
}

function writeRoot(folder: string, { packages, release, form, files = {} }: Root): void {
  for (const [, , own] of Object.values(packages)) writeFiles(folder, own)
  writeFiles(folder, { 'etc/os-release': release, ...(form === 'apk' ? { 'lib/apk/db/installed': formatInstalled(packages) } : debianDatabase(packages, form)), ...files })
}

function regular(files: Files): readonly (readonly [path: string, text: string])[] {
  return Object.entries(files).filter(([, text]) => !text.startsWith('-> '))
}

function debianDatabase(packages: Packages, form: Root['form']): Files {
  const all = Object.entries(packages)
  const fields = ([name, [version, depends]]: (typeof all)[number]): string => `Package: ${name}\nVersion: ${version}\n${depends === '' ? '' : `Depends: ${depends}\n`}`
  const sums = Object.fromEntries(all.map(([name, [, , files]]) => [`var/lib/dpkg/${form ?? 'info'}/${name}.md5sums`, regular(files).map(([path, text]) => `${hashBytes(Buffer.from(text), 'md5')}  ${path}\n`).join('')]))
  if (form === 'status.d') return { ...sums, ...Object.fromEntries(all.map((one) => [`var/lib/dpkg/status.d/${one[0]}`, fields(one)])) }
  return { ...sums, 'var/lib/dpkg/status': all.map((one) => fields(one).replace('\n', '\nStatus: install ok installed\n')).join('\n') }
}

function formatInstalled(packages: Packages): string {
  const sum = (text: string): string => `Q1${createHash('sha1').update(text).digest('base64')}`
  return Object.entries(packages).map(([name, [version, , files]]) => `C:${sum(name)}\nP:${name}\nV:${version}\n${regular(files).map(([path, text]) => `F:${dirname(path)}\nR:${path.slice(path.lastIndexOf('/') + 1)}\na:0:0:755\nZ:${sum(text)}\n`).join('')}`).join('\n')
}

async function search(step: Root, sibling: Root, target = 'linux/arm64'): Promise<TwinSearch> {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-find-'))
  try {
    writeRoot(join(folder, 'step'), step)
    writeRoot(join(folder, 'sibling'), sibling)
    using stepRoot = openRoot(join(folder, 'step'))
    using siblingRoot = openRoot(join(folder, 'sibling'))
    return await findTwins({ step: stepRoot, target: parsePlatform(target), sibling: siblingRoot, native: parsePlatform('linux/amd64') }, { packages: createPackageReader(), facts: textReader, words: createWordReader() }, new AbortController().signal)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function namesOf(found: TwinSearch): readonly string[] {
  return found.kind === 'none' ? [] : found.twins.map(({ calledAs: [name] }) => name)
}

/** Of the first. */
function namesIn(found: TwinSearch): readonly string[] {
  return found.kind === 'none' ? [] : (found.twins[0]?.call.names ?? [])
}

const UBUNTU = 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n'

/** A /usr merged one with dash and coreutils, whose programs need a library each. */
function ubuntu(side: 'step' | 'sibling', { coreutils = '9.4-3ubuntu6', more = {}, files = {}, release = UBUNTU, form }: { coreutils?: string; more?: Packages; files?: Files; release?: string; form?: Root['form'] } = {}): Root {
  const [triplet, loader] = side === 'step' ? ['aarch64-linux-gnu', 'ld-linux-aarch64.so.1'] : ['x86_64-linux-gnu', 'ld-linux-x86-64.so.2']
  const program = (needs: string): string => `${side}\nloader /lib/${loader}\nneeds ${needs}\n`
  return {
    release,
    ...(form !== undefined && { form }),
    files: { lib: '-> usr/lib', bin: '-> usr/bin', ...files },
    packages: {
      libc6: ['2.39-0ubuntu8.4', '', { [`usr/lib/${triplet}/libc.so.6`]: `${side} libc`, [`usr/lib/${triplet}/${loader}`]: `${side} argv0`, [`usr/lib/${loader}`]: `-> ${triplet}/${loader}` }],
      libselinux1: ['3.5-2ubuntu2.1', 'libc6 (>= 2.38)', { [`usr/lib/${triplet}/libselinux.so.1`]: `${side}\nneeds libc.so.6\n` }],
      dash: ['0.5.12-6ubuntu5', 'libc6', { 'usr/bin/dash': program('libc.so.6') }],
      coreutils: [coreutils, 'libselinux1', { 'usr/bin/cat': program('libselinux.so.1 libc.so.6'), 'usr/bin/ls': program('libselinux.so.1 libc.so.6') }],
      ...more,
    },
  }
}

/** As Ubuntu 25.10 has it: the package that was coreutils needs one that has Rust's programs in its place. */
function withUutils(side: 'step' | 'sibling'): Root {
  const coreutils: Packages = { coreutils: ['9.5-1ubuntu2+0.0.0~ubuntu20', 'coreutils-from-uutils | coreutils-from', {}], 'coreutils-from-uutils': ['0.0.0~ubuntu20', 'rust-coreutils', { 'usr/bin/ls': '-> ../lib/cargo/bin/coreutils/ls' }], 'rust-coreutils': ['0.2.2-0ubuntu2', 'libc6', { 'usr/lib/cargo/bin/coreutils/ls': `${side}\nloader /lib/${side === 'step' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2'}\nneeds libc.so.6\n` }] }
  return ubuntu(side, { more: coreutils })
}

const ALL = ['dash', 'cat', 'ls']

describe('twins in a user land of dpkg', () => {
  const cases: readonly (readonly [sentence: string, step: Root, sibling: Root, found: readonly string[]])[] = [
    ['are the tools whose package has one version', ubuntu('step'), ubuntu('sibling'), ALL],
    ['are none of a package of another revision', ubuntu('step', { coreutils: '9.4-3ubuntu6.1' }), ubuntu('sibling'), ['dash']],
    ['are none of one that was only built again', ubuntu('step', { coreutils: '9.4-3ubuntu6build1' }), ubuntu('sibling'), ['dash']],
    ['are none of one that was changed', ubuntu('step', { files: { 'usr/bin/cat': 'another' } }), ubuntu('sibling'), ['dash', 'ls']],
    ['are none of one that was changed in the sibling', ubuntu('step'), ubuntu('sibling', { files: { 'usr/bin/cat': 'another' } }), ['dash', 'ls']],
    ['are no programs of another package that stand in the place of coreutils', withUutils('step'), withUutils('sibling'), ['dash']],
    ['are found without dpkg, by the files of status.d', ubuntu('step', { form: 'status.d' }), ubuntu('sibling', { form: 'status.d' }), ALL],
    ['are none where a library of the step is another', ubuntu('step', { files: { 'usr/lib/aarch64-linux-gnu/libselinux.so.1': 'patched' } }), ubuntu('sibling'), ['dash']],
    ['are none where the step has a library of its own before it', ubuntu('step', { files: { 'etc/ld.so.conf': 'include /etc/ld.so.conf.d/*.conf\n', 'etc/ld.so.conf.d/libc.conf': '# first\n/usr/local/lib\n', 'usr/local/lib/libselinux.so.1': 'own' } }), ubuntu('sibling'), ['dash']],
    ['are there where such a one is nowhere that is looked', ubuntu('step', { files: { 'etc/ld.so.conf.d/libc.conf': '/usr/local/lib\n', 'usr/local/lib/libselinux.so.1': 'own' } }), ubuntu('sibling'), ALL],
    ['are none where the step has a library for better processors', ubuntu('step', { files: { 'usr/lib/aarch64-linux-gnu/glibc-hwcaps/v9/libc.so.6': 'better' } }), ubuntu('sibling'), []],
    ['are none that ask for their own file', ubuntu('step'), ubuntu('sibling', { more: { dash: ['0.5.12-6ubuntu5', 'libc6', { 'usr/bin/dash': 'loader /lib/ld-linux-x86-64.so.2\nneeds libc.so.6\n/proc/self/exe' }] } }), ['cat', 'ls']],
    ['are none of another distribution', ubuntu('step', { release: 'ID=debian\n' }), ubuntu('sibling'), []],
  ]
  for (const [sentence, step, sibling, found] of cases) {
    it(sentence, async () => assert.deepEqual([...namesOf(await search(step, sibling))].toSorted(), [...found].toSorted()))
  }
})

const ALPINE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\n'

function alpine(side: 'step' | 'sibling', { files = {}, more = {}, release = ALPINE }: { files?: Files; more?: Packages; release?: string } = {}): Root {
  const architecture = side === 'step' ? 'aarch64' : 'x86_64'
  const program = `${side}\nloader /lib/ld-musl-${architecture}.so.1\nneeds libc.musl-${architecture}.so.1`
  return {
    release,
    form: 'apk',
    files: { 'bin/sh': '-> /bin/busybox', 'bin/ls': '-> /bin/busybox', ...files },
    packages: { musl: ['1.2.5-r0', '', { [`lib/ld-musl-${architecture}.so.1`]: `${side} argv0`, [`lib/libc.musl-${architecture}.so.1`]: `-> ld-musl-${architecture}.so.1` }], busybox: ['1.36.1-r29', '', { 'bin/busybox': program }], zstd: ['1.5.6-r0', '', { 'usr/bin/zstd': `${program} libzstd.so.1`, 'usr/lib/libzstd.so.1': `${side}\nneeds libc.musl-${architecture}.so.1` }], ...more },
  }
}

describe('twins in a user land of apk', () => {
  const start = async (step: Root, sibling: Root): Promise<readonly FoundTwin[]> => {
    const found = await search(step, sibling)
    return found.kind === 'none' ? [] : found.twins
  }
  it('are started by the loader of musl, which looks in the folders of the sibling', async () => {
    const [busybox, zstd] = await start(alpine('step'), alpine('sibling'))
    assert.deepEqual([busybox?.start.executed, zstd?.start.executed], ['lib/ld-musl-x86_64.so.1', 'lib/ld-musl-x86_64.so.1'])
    assert.deepEqual(busybox?.start.words.filter((word) => typeof word === 'string'), ['--library-path', '/dev/.pelago/root/lib:/dev/.pelago/root/usr/lib', '--argv0', '/dev/.pelago/root/bin/busybox'])
    assert.ok(busybox.calledAs.includes('sh') && busybox.call.names?.includes('ls') === true && !busybox.call.names.includes('uname'))
  })
  it('are fewer applets for targets of 32 bits', async () => {
    const some = async (target: string): Promise<readonly string[]> => namesIn(await search(alpine('step'), alpine('sibling'), target)).filter((name) => ['ls', 'head', 'find', 'stat'].includes(name)).toSorted()
    assert.deepEqual([await some('linux/arm64'), await some('linux/arm/v7')], [['find', 'head', 'ls', 'stat'], ['ls']])
  })
  const cases: readonly (readonly [sentence: string, step: Root, sibling: Root, found: readonly string[]])[] = [
    ['are there where the loader looks in other folders first, which have none of the libraries', alpine('step', { files: { 'etc/ld-musl-aarch64.path': '/opt/lib\n/lib:/usr/lib\n' } }), alpine('sibling'), ['busybox', 'zstd']],
    ['are none where those have one of them', alpine('step', { files: { 'etc/ld-musl-aarch64.path': '/opt/lib\n/lib:/usr/lib\n', 'opt/lib/libzstd.so.1': 'own' } }), alpine('sibling'), ['busybox']],
    ['are none where /usr/local/lib has one, which comes before /usr/lib', alpine('step', { files: { 'usr/local/lib/libzstd.so.1': 'own' } }), alpine('sibling'), ['busybox']],
    ['are none of the busybox of a derivative', alpine('step', { release: 'ID=postmarketos\n' }), alpine('sibling', { release: 'ID=postmarketos\n' }), ['zstd']],
    ['are none of a busybox that executes itself by its file', alpine('step'), alpine('sibling', { more: { busybox: ['1.36.1-r29', '', { 'bin/busybox': 'loader /lib/ld-musl-x86_64.so.1\n/proc/self/exe' }] } }), ['zstd']],
    ['are none with another loader', alpine('step', { more: { musl: ['1.2.5-r1', '', {}] } }), alpine('sibling'), []],
  ]
  for (const [sentence, step, sibling, found] of cases) {
    it(sentence, async () => assert.deepEqual(namesOf(await search(step, sibling)), found))
  }
  it('are none where there is no database, and that is told', async () => {
    assert.deepEqual(await search({ packages: {}, release: '', files: { 'var/lib/dpkg/status': '' } }, alpine('sibling')), { kind: 'none', why: 'the image for arm64 has no package database of dpkg or apk, which would tell that its programs are those of the other one' })
  })
})
