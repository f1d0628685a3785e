import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EMPTY_CONTAINER_CONFIG, emptyImageConfig, type ContainerConfig } from '../ground/oci/imageConfig.ts'
import { parsePlatform } from '../ground/platform.ts'
import { asByteString } from '../kit/byteString.ts'
import { auditPlatform, excuseBase, type AuditedImage } from './auditPlatform.ts'
import { makeAttributes, makeLinkedElf, type LinkedElf } from './elf/linkedElf.suite.ts'
import { createElfScan } from './elf/elfScan.ts'
import type { FileContent, LayerEntry, LayerFacts } from './facts/layerFacts.ts'

/** What is at a path: an ELF file, a script by its first line, or a link. `mode` is 0755 where it is not given. */
type Item = LinkedElf | string | { readonly to: string }
interface Case {
  readonly name: string
  readonly platform?: string
  readonly files: Readonly<Record<string, Item>>
  readonly modes?: Readonly<Record<string, number>>
  readonly config?: Partial<ContainerConfig>
  /** `severity Rule path: message`, of which the end may be left out. */
  readonly want: readonly string[]
}

function layerOf(files: Case['files'], modes: Case['modes'] = {}): LayerFacts {
  return { entries: Object.entries(files).map(([path, item]) => entryOf(path, item, modes[path] ?? 0o755)) }
}

function entryOf(name: string, item: Item, mode: number): LayerEntry {
  const path = asByteString(name.replace(/^\//, ''))
  if (typeof item === 'object' && 'to' in item) return { kind: 'symlink', path, target: asByteString(item.to) }
  return { kind: 'file', path, mode, hasCapabilities: false, content: contentOf(path, item) }
}

function contentOf(path: string, item: Exclude<Item, { readonly to: string }>): FileContent {
  if (typeof item === 'string') {
    if (path.startsWith('etc/ld')) return { kind: 'search-paths', text: asByteString(item) }
    return item === '' ? { kind: 'empty' } : item.startsWith('#!') ? { kind: 'script', line: asByteString(item.slice(2)) } : item === 'MZ' ? { kind: 'foreign', system: 'Windows' } : { kind: 'other' }
  }
  const bytes = makeLinkedElf(item)
  const scan = createElfScan(bytes.byteLength)
  scan.push(bytes)
  const elf = scan.finish()
  assert.ok(elf)
  return { kind: 'elf', elf }
}

function imageOf({ platform = 'linux/amd64', files, modes, config }: Omit<Case, 'want' | 'name'>): AuditedImage {
  const parsed = parsePlatform(platform)
  return { platform: parsed, config: { ...emptyImageConfig(parsed), container: { ...EMPTY_CONTAINER_CONFIG, ...config } }, layers: [layerOf(files, modes)], baseLayers: undefined }
}

function findingsOf(image: AuditedImage): readonly string[] {
  return auditPlatform(image).findings.map(({ severity, rule, path, message }) => `${severity} ${rule} ${path}: ${message}`)
}

function assertFindings(found: readonly string[], want: readonly string[]): void {
  assert.equal(found.length, want.length, `found:\n${found.join('\n')}\nwanted:\n${want.join('\n')}`)
  for (const [index, text] of want.entries()) assert.ok(found[index]?.startsWith(text), `found:\n${found.join('\n')}\nwanted:\n${want.join('\n')}`)
}

const LOADER = '/lib64/ld-linux-x86-64.so.2'
const LIBC: LinkedElf = { architecture: 'amd64', soname: 'libc.so.6', versionsDefined: ['GLIBC_2.2.5', 'GLIBC_2.34', 'GLIBC_2.36', 'GLIBC_PRIVATE'] }
/** A glibc system on amd64. */
const GLIBC: Case['files'] = { [LOADER]: { architecture: 'amd64', soname: 'ld-linux-x86-64.so.2' }, '/lib/x86_64-linux-gnu/libc.so.6': LIBC }
const app = (change: Partial<LinkedElf> = {}): LinkedElf => ({ architecture: 'amd64', loader: LOADER, needed: ['libc.so.6'], ...change })
const library = (soname: string, change: Partial<LinkedElf> = {}): LinkedElf => ({ architecture: 'amd64', soname, needed: ['libc.so.6'], ...change })
const MUSL = '/lib/ld-musl-x86_64.so.1'
const MUSL_SYSTEM: Case['files'] = { [MUSL]: { architecture: 'amd64', soname: 'libc.musl-x86_64.so.1' }, '/lib/libc.musl-x86_64.so.1': { to: 'ld-musl-x86_64.so.1' } }

const CASES: Readonly<Record<string, readonly Case[]>> = {
  'architectures': [
    { name: 'lets what fits pass', files: { ...GLIBC, '/usr/bin/app': app() }, want: [] },
    { name: 'finds a program for another one', platform: 'linux/arm64', files: { '/usr/bin/app': { architecture: 'amd64', type: 2 } }, want: ['error WrongArchitecture /usr/bin/app: is for amd64 (x86-64), and the image for linux/arm64'] },
    { name: 'finds a library in its place, executable or not', files: { '/usr/lib/libx.so.1': library('libx.so.1', { architecture: 's390x', needed: [] }) }, modes: { '/usr/lib/libx.so.1': 0o644 }, want: ['error WrongArchitecture /usr/lib/libx.so.1: is for s390x'] },
    { name: 'tells a file that nothing says is run as a note', files: { '/opt/data/blob': { architecture: 'arm64', type: 2 } }, modes: { '/opt/data/blob': 0o644 }, want: ['note ForeignArchitecture /opt/data/blob: is for arm64'] },
    { name: 'excuses cross compilers', files: { '/usr/aarch64-linux-gnu/bin/as': { architecture: 'arm64', type: 2 }, '/usr/aarch64-linux-gnu/lib/libc.so.6': library('libc.so.6', { architecture: 'arm64', needed: [] }) }, want: ['note ForeignArchitecture /usr/aarch64-linux-gnu: holds 2 files for arm64 (AArch64): its name says that it is for arm64'] },
    { name: 'excuses prebuilt modules of Node', files: { '/app/node_modules/x/prebuilds/linux-arm64/x.node': library('x', { architecture: 'arm64', needed: [] }), '/app/node_modules/y-linux-arm64/bin/y': { architecture: 'arm64', type: 2 }, '/app/z.linux-arm64-gnu.node': library('z', { architecture: 'arm64', needed: [] }) }, want: ['note ForeignArchitecture /app: holds 3 files'] },
    { name: 'does not excuse a command by its own name', files: { '/usr/local/bin/kubectl-arm64': { architecture: 'arm64', type: 2 } }, want: ['error WrongArchitecture /usr/local/bin/kubectl-arm64'] },
    { name: 'does not excuse a module of Python by its own name', platform: 'linux/arm64', files: { '/usr/lib/python3/x.cpython-312-x86_64-linux-gnu.so': library('x', { needed: [] }) }, want: ['error WrongArchitecture /usr/lib/python3/x.cpython'] },
    { name: 'excuses an emulator', platform: 'linux/arm64', files: { '/usr/bin/qemu-aarch64-static': { architecture: 'amd64', type: 2 } }, want: ['note ForeignArchitecture /usr/bin/qemu-aarch64-static: is for amd64 (x86-64): an emulator'] },
    { name: 'excuses test data, debug symbols and firmware', files: { '/usr/local/go/src/debug/elf/testdata/gcc-386': { architecture: '386', type: 2, loader: '/lib/ld-linux.so.2' }, '/usr/lib/debug/x.debug': { architecture: 'arm64' }, '/usr/lib/firmware/x.elf': { architecture: 'arm', type: 2 } }, want: ['note ForeignArchitecture', 'note ForeignArchitecture', 'note CompatArchitecture', 'note LoaderMissing'] },
    { name: 'leaves objects of the kernel and of compilers alone', files: { '/usr/lib/modules/x.ko': { architecture: 'arm64', type: 1 }, '/usr/bin/probe.o': { architecture: 's390x', type: 1 } }, want: [] },
    { name: 'tells 32-bit programs as a note where all that they need is there', files: { '/usr/bin/old': { architecture: '386', loader: '/lib/ld-linux.so.2', needed: ['libc.so.6'] }, '/lib/ld-linux.so.2': { architecture: '386', soname: 'ld-linux.so.2' }, '/lib/i386-linux-gnu/libc.so.6': library('libc.so.6', { architecture: '386', needed: [] }) }, want: ['note CompatArchitecture /: holds 3 files for 386 (x86, 32 bits), which amd64 runs too'] },
    { name: 'tells them as an error where not', files: { ...GLIBC, '/usr/bin/old': { architecture: '386', loader: '/lib/ld-linux.so.2', needed: ['libc.so.6'] } }, want: ['error LoaderMissing /usr/bin/old: needs the loader /lib/ld-linux.so.2, which is not in the image', 'note CompatArchitecture /usr/bin/old'] },
    { name: 'takes 32-bit ARM on arm64 the same way', platform: 'linux/arm64', files: { '/usr/bin/old': { architecture: 'arm', type: 2 } }, want: ['note CompatArchitecture /usr/bin/old'] },
    { name: 'finds programs for other systems', files: { '/usr/bin/bsd': { architecture: 'amd64', type: 2, osAbi: 9 } }, want: ['error WrongArchitecture /usr/bin/bsd: is for freebsd on amd64'] },
    { name: 'names a file of several names once', files: { '/usr/bin/a': { architecture: 'arm64', type: 2 }, '/usr/bin/b': { to: 'a' } }, want: ['error WrongArchitecture /usr/bin/a'] },
    { name: 'judges no other system than Linux', platform: 'windows/amd64', files: { '/usr/bin/app': { architecture: 'arm64', type: 2 } }, want: [] },
  ],
  'CPU levels': [
    { name: 'finds what needs more than the platform says', files: { ...GLIBC, '/usr/bin/app': app({ x86Isa: 4 }) }, want: ['error CpuLevel /usr/bin/app: needs a CPU with amd64/v3, and the image is for linux/amd64'] },
    { name: 'lets it pass where the platform says so', platform: 'linux/amd64/v3', files: { ...GLIBC, '/usr/bin/app': app({ x86Isa: 4 }) }, want: [] },
    { name: 'leaves the libraries alone that the loader chooses by the CPU', files: { ...GLIBC, '/usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libx.so.1': library('libx.so.1', { x86Isa: 4 }) }, want: [] },
    { name: 'finds a program for ARMv7 in an image for ARMv6', platform: 'linux/arm/v6', files: { '/usr/bin/app': { architecture: 'arm', type: 2, flags: 0x400, attributes: makeAttributes('aeabi', [[6, 10]]) } }, want: ['warning CpuLevel /usr/bin/app: needs a CPU with arm/v7, and the image is for linux/arm/v6'] },
    { name: 'tells a library with parts for newer CPUs as a note', platform: 'linux/arm/v7', files: { '/usr/lib/libcrypto.so.3': { architecture: 'arm', soname: 'libcrypto.so.3', flags: 0x400, attributes: makeAttributes('aeabi', [[6, 14]]) } }, want: ['note CpuLevel /usr/lib/libcrypto.so.3: needs a CPU with arm/v8'] },
    { name: 'finds extensions that a riscv64 need not have', platform: 'linux/riscv64', files: { '/usr/bin/app': { architecture: 'riscv64', type: 2, attributes: makeAttributes('riscv', [[5, 'rv64i2p1_v1p0_zba1p0']]) } }, want: ['warning CpuLevel /usr/bin/app: needs a CPU with the extensions v, zba'] },
  ],
  'loaders and libraries': [
    { name: 'finds a loader that is missing', files: { '/app': app() }, want: ['error LoaderMissing /app: needs the loader /lib64/ld-linux-x86-64.so.2, which is not in the image'] },
    { name: 'finds a program of glibc on musl', files: { ...MUSL_SYSTEM, '/usr/bin/app': app() }, want: ['error LoaderMissing /usr/bin/app'] },
    { name: 'finds a library that is missing', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1', 'libc.so.6'] }) }, want: ['error LibraryMissing /usr/bin/app: needs libx.so.1, which is not in the image'] },
    { name: 'finds what a library needs, and says who loads it', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1'] }), '/usr/lib/libx.so.1': library('libx.so.1', { needed: ['liby.so.2'] }) }, want: ['error LibraryMissing /usr/lib/libx.so.1: needs liby.so.2, which is not in the image; /usr/bin/app loads it'] },
    { name: 'says where a library is that is not looked for there', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1'] }), '/opt/x/lib/libx.so.1': library('libx.so.1') }, want: ['warning LibraryMissing /usr/bin/app: needs libx.so.1, which is in /opt/x/lib, where it is not looked for'] },
    { name: 'says that a library is there for another architecture only', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1'] }), '/usr/lib/libx.so.1': library('libx.so.1', { architecture: 'arm64' }) }, want: ['error LibraryMissing /usr/bin/app: needs libx.so.1, which is there for arm64 (AArch64) only', 'error WrongArchitecture /usr/lib/libx.so.1'] },
    { name: 'passes by a library of the wrong kind on the way to the right one', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1'], runpath: '/opt/arm64' }), '/opt/arm64/libx.so.1': library('libx.so.1', { architecture: 'arm64', needed: [] }), '/usr/lib/libx.so.1': library('libx.so.1') }, want: ['note ForeignArchitecture /opt/arm64/libx.so.1'] },
    { name: 'passes by libraries with other floats', platform: 'linux/arm/v7', files: { '/lib/ld-linux-armhf.so.3': { architecture: 'arm', soname: 'ld-linux-armhf.so.3' }, '/usr/bin/app': { architecture: 'arm', loader: '/lib/ld-linux-armhf.so.3', needed: ['libx.so.1'], flags: 0x400 }, '/usr/lib/libx.so.1': { architecture: 'arm', soname: 'libx.so.1', flags: 0x200 } }, want: ['error LibraryMissing /usr/bin/app: needs libx.so.1, which is there for arm'] },
    { name: 'follows RUNPATH with $ORIGIN', files: { ...GLIBC, '/opt/x/bin/app': app({ needed: ['libx.so.1'], runpath: '$ORIGIN/../lib' }), '/opt/x/lib/libx.so.1': library('libx.so.1') }, want: [] },
    { name: 'follows $ORIGIN in the name of a library', files: { ...GLIBC, '/opt/bin/app': app({ needed: ['${ORIGIN}/../lib/libx.so.1'] }), '/opt/lib/libx.so.1': library('libx.so.1') }, want: [] },
    { name: 'follows $LIB and $PLATFORM', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1', 'liby.so.1'], rpath: '/opt/$LIB:/opt/$PLATFORM' }), '/opt/lib/x86_64-linux-gnu/libx.so.1': library('libx.so.1'), '/opt/x86_64/liby.so.1': library('liby.so.1') }, want: [] },
    { name: 'passes the RPATH of a program on to its libraries', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1'], rpath: '/opt/x' }), '/opt/x/libx.so.1': library('libx.so.1', { needed: ['liby.so.1'] }), '/opt/x/liby.so.1': library('liby.so.1') }, want: [] },
    { name: 'keeps the RUNPATH of a program to itself', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1'], runpath: '/opt/x' }), '/opt/x/libx.so.1': library('libx.so.1', { needed: ['liby.so.1'] }), '/opt/x/liby.so.1': library('liby.so.1') }, want: ['warning LibraryMissing /opt/x/libx.so.1: needs liby.so.1, which is in /opt/x, where it is not looked for; /usr/bin/app loads it'] },
    { name: 'takes what is loaded already under its name', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1', 'liby.so.1'], runpath: '/opt/x' }), '/opt/x/libx.so.1': library('libx.so.1', { needed: ['liby.so.1'] }), '/opt/x/liby.so.1': library('liby.so.1') }, want: [] },
    { name: 'looks into LD_LIBRARY_PATH of the config', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1'] }), '/opt/x/libx.so.1': library('libx.so.1') }, config: { env: ['LD_LIBRARY_PATH=/none:/opt/x'] }, want: [] },
    { name: 'looks into ld.so.conf and what it includes', files: { ...GLIBC, '/etc/ld.so.conf': '# all\ninclude /etc/ld.so.conf.d/*.conf\n', '/etc/ld.so.conf.d/x.conf': '/opt/x\n', '/usr/bin/app': app({ needed: ['libx.so.1'] }), '/opt/x/libx.so.1': library('libx.so.1') }, want: [] },
    { name: 'finds libraries through links, as where /lib is one', files: { '/lib': { to: 'usr/lib' }, '/lib64': { to: 'usr/lib64' }, '/usr/lib64/ld-linux-x86-64.so.2': { architecture: 'amd64', soname: 'ld-linux-x86-64.so.2' }, '/usr/lib/libc.so.6': LIBC, '/usr/bin/app': app() }, want: [] },
    { name: 'takes musl\'s loader for its C library', files: { ...MUSL_SYSTEM, '/usr/bin/app': app({ loader: MUSL, needed: ['libc.so', 'libpthread.so', 'libx.so.1'] }), '/usr/local/lib/libx.so.1': library('libx.so.1', { needed: ['libc.musl-x86_64.so.1'] }) }, want: [] },
    { name: 'looks where musl is told to, and nowhere else', files: { ...MUSL_SYSTEM, '/etc/ld-musl-x86_64.path': '/opt/x\n', '/usr/bin/app': app({ loader: MUSL, needed: ['libx.so.1', 'liby.so.1'] }), '/opt/x/libx.so.1': library('libx.so.1', { needed: [] }), '/usr/lib/liby.so.1': library('liby.so.1', { needed: [] }) }, want: ['warning LibraryMissing /usr/bin/app: needs liby.so.1, which is in /usr/lib'] },
    { name: 'warns of a module that can never be loaded', files: { ...GLIBC, '/app/build/x.node': library('x.node', { needed: ['libvips.so.42'] }) }, want: ['warning LibraryMissing /app/build/x.node: needs libvips.so.42, which is not in the image'] },
    { name: 'trusts what loads a module to have what is elsewhere in the image', files: { ...GLIBC, '/opt/jdk/lib/libjava.so': library('libjava.so', { needed: ['libjvm.so'] }), '/opt/jdk/lib/server/libjvm.so': library('libjvm.so') }, want: [] },
    { name: 'notes modules for the other C library where their name says so', files: { ...GLIBC, '/app/x.linux-x64-musl.node': library('x', { needed: ['libc.musl-x86_64.so.1'] }) }, want: ['note LibraryMissing /app/x.linux-x64-musl.node'] },
    { name: 'lets static programs pass', files: { '/app': { architecture: 'amd64', type: 2 } }, want: [] },
    { name: 'asks nothing of a program that is not executable', files: { '/opt/x': app({ needed: ['libx.so.1'] }) }, modes: { '/opt/x': 0o644 }, want: [] },
  ],
  'symbol versions': [
    { name: 'finds a program that was built on something newer', files: { ...GLIBC, '/usr/bin/app': app({ versionsNeeded: { 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.38', 'GLIBC_2.40'] } }) }, want: ['error SymbolVersionMissing /usr/bin/app: needs GLIBC_2.40 of libc.so.6, and the image\'s has GLIBC_2.36'] },
    { name: 'lets one pass that asks for what is there', files: { ...GLIBC, '/usr/bin/app': app({ versionsNeeded: { 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.34'] } }) }, want: [] },
    { name: 'asks a library for none that has none', files: { ...GLIBC, '/usr/bin/app': app({ needed: ['libx.so.1'], versionsNeeded: { 'libx.so.1': ['X_1'] } }), '/usr/lib/libx.so.1': library('libx.so.1') }, want: [] },
    { name: 'warns of a module that asks for more', files: { ...GLIBC, '/app/x.node': library('x.node', { versionsNeeded: { 'libc.so.6': ['GLIBC_2.39'] } }) }, want: ['warning SymbolVersionMissing /app/x.node'] },
  ],
  'scripts': [
    { name: 'lets them pass whose interpreter is there', files: { '/bin/sh': { architecture: 'amd64', type: 2 }, '/usr/bin/env': { to: '/bin/sh' }, '/usr/local/bin/node': { to: '/bin/sh' }, '/usr/bin/a': '#!/bin/sh -e', '/usr/bin/b': '#! /usr/bin/env node', '/usr/bin/c': '#!/usr/bin/env -S A=1 node --flag', '/usr/bin/d': '#!sh', '/usr/bin/e': '#!' }, want: [] },
    { name: 'warns of a command whose interpreter is missing', files: { '/usr/bin/tool': '#!/usr/bin/python3 -u' }, want: ['warning InterpreterMissing /usr/bin/tool: is a script for /usr/bin/python3, which is not in the image'] },
    { name: 'looks on the PATH of the config for what env runs', files: { '/usr/bin/env': { architecture: 'amd64', type: 2 }, '/opt/node/bin/node': { to: '/usr/bin/env' }, '/opt/node/bin/npm': '#!/usr/bin/env node', '/opt/node/bin/gyp': '#!/usr/bin/env python3' }, config: { env: ['PATH=/opt/node/bin:/usr/bin'] }, want: ['warning InterpreterMissing /opt/node/bin/gyp: is a script for python3'] },
    { name: 'tells those in packages as a note', files: { '/app/node_modules/x/tool.py': '#!/usr/bin/python3' }, want: ['note InterpreterMissing /app/node_modules/x/tool.py'] },
    { name: 'asks nothing of one that is not executable', files: { '/usr/bin/tool': '#!/usr/bin/python3' }, modes: { '/usr/bin/tool': 0o644 }, want: [] },
    { name: 'tells Windows line ends as such', files: { '/bin/sh': { architecture: 'amd64', type: 2 }, '/usr/bin/tool': '#!/bin/sh\r' }, want: ['warning ScriptCrlf /usr/bin/tool: has Windows line ends'] },
  ],
  'the program that the image starts': [
    { name: 'is found on the PATH', files: { '/usr/bin/app': { architecture: 'amd64', type: 2 } }, config: { cmd: ['app', '--flag'] }, want: [] },
    { name: 'is found from the working folder', files: { '/srv/app': { architecture: 'amd64', type: 2 } }, config: { entrypoint: ['./app'], workingDir: '/srv' }, want: [] },
    { name: 'may be missing', files: {}, config: { entrypoint: ['/app'], cmd: ['sh'] }, want: ['error ProgramMissing : starts "/app" (ENTRYPOINT), which is not in the image'] },
    { name: 'may be missing from the PATH', files: {}, config: { cmd: ['node'], env: ['PATH=/bin'] }, want: ['error ProgramMissing : starts "node" (CMD), which is not in the image (looked for in /bin)'] },
    { name: 'may be a folder', files: { '/app/x': '' }, config: { cmd: ['/app'] }, want: ['error ProgramMissing : starts "/app" (CMD), which is a folder'] },
    { name: 'may come with a volume', files: {}, config: { cmd: ['/data/app'], volumes: ['/data'] }, want: [] },
    { name: 'may not be executable', files: { '/start.sh': '#!/bin/sh', '/bin/sh': { architecture: 'amd64', type: 2 } }, modes: { '/start.sh': 0o644 }, config: { entrypoint: ['/start.sh'] }, want: ['error ProgramNotExecutable /start.sh: is what the image starts (ENTRYPOINT), and is not executable: permission denied'] },
    { name: 'may be for another architecture, which is told once', files: { '/app': { architecture: 'arm64', type: 2 } }, config: { entrypoint: ['/app'] }, want: ['error ProgramWrongArchitecture /app: is what the image starts (ENTRYPOINT), and is for arm64 (AArch64), the image for linux/amd64: exec format error'] },
    { name: 'may be a script with Windows line ends', files: { '/start.sh': '#!/bin/sh\r', '/bin/sh': { architecture: 'amd64', type: 2 } }, config: { entrypoint: ['/start.sh'] }, want: ['error ProgramNotRunnable /start.sh: is what the image starts (ENTRYPOINT), and has Windows line ends'] },
    { name: 'may be a text without a first line', files: { '/start.sh': 'echo' }, config: { entrypoint: ['/start.sh'] }, want: ['error ProgramNotRunnable /start.sh: is what the image starts (ENTRYPOINT), and is neither a program nor a script'] },
    { name: 'may be empty', files: { '/app': '' }, config: { entrypoint: ['/app'] }, want: ['error ProgramNotRunnable /app: is what the image starts (ENTRYPOINT), and is empty'] },
    { name: 'may be for Windows', files: { '/app': 'MZ' }, config: { entrypoint: ['/app'] }, want: ['error ProgramNotRunnable /app: is what the image starts (ENTRYPOINT), and is a program for Windows'] },
  ],
  'privileges': [
    { name: 'are told', files: { '/bin/su': { architecture: 'amd64', type: 2 }, '/bin/wall': { architecture: 'amd64', type: 2 }, '/var/mail': '' }, modes: { '/bin/su': 0o4755, '/bin/wall': 0o2755, '/var/mail': 0o2644 }, want: ['note SetuidFile /bin/su: is setuid (4755)', 'note SetuidFile /bin/wall: is setgid (2755)'] },
  ],
}

for (const [subject, cases] of Object.entries(CASES)) {
  describe(`the audit of ${subject}`, () => {
    for (const { name, want, ...image } of cases) it(name, () => assertFindings(findingsOf(imageOf(image)), want))
  })
}

describe('the audit of an image', () => {
  it('says when its config is for another platform than its label', () => {
    const image = imageOf({ files: {} })
    assertFindings(findingsOf({ ...image, config: { ...image.config, platform: parsePlatform('linux/arm64') } }), ['error ConfigPlatform : says linux/arm64, and the image is labelled linux/amd64'])
  })
  it('says nothing of what is missing where a layer is not known', () => {
    const image = imageOf({ files: { '/usr/bin/app': app({ needed: ['libx.so.1'] }), '/usr/bin/tool': '#!/usr/bin/python3', '/usr/bin/other': { architecture: 'arm64', type: 2 } }, config: { cmd: ['none'] } })
    const unknown = { ...image, layers: [undefined, ...image.layers] }
    assertFindings(findingsOf(unknown), ['error WrongArchitecture /usr/bin/other'])
    assert.equal(auditPlatform(unknown).unreadLayers, 1)
  })
  it('says nothing of an image without files', () => {
    assertFindings(findingsOf({ ...imageOf({ files: {}, config: { cmd: ['/bin/sh'] } }), layers: [] }), [])
  })

  const base = layerOf({ '/usr/bin/tool': '#!/usr/bin/python3', '/usr/bin/python2': '', '/usr/bin/old': '#!/usr/bin/python2' })
  const upper = layerOf({ '/usr/bin/own': '#!/usr/bin/python3' })
  const onBase = { ...imageOf({ files: {} }), layers: [base, { entries: [...upper.entries, { kind: 'removal', path: asByteString('usr/bin/python2') } as const] }], baseLayers: 1 }
  it('excuses what the base image alone does wrong, and not what was done to it', () => {
    const { findings } = excuseBase(auditPlatform(onBase), auditPlatform({ ...onBase, layers: [base] }))
    assert.deepEqual(
      findings.map(({ severity, path }) => `${severity} ${path}`),
      ['warning /usr/bin/old', 'warning /usr/bin/own', 'note /usr/bin/tool'],
    )
  })
})
