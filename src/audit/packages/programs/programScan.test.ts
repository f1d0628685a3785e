import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import type { FileEvidence } from '../fileEvidence.ts'
import { createProgramScan } from './programScan.ts'

interface Making {
  /** In the segment that may be written, from its beginning. */
  readonly data?: Uint8Array
  /** Of a section that is not loaded. */
  readonly section?: readonly [name: string, bytes: Uint8Array]
}

/** A program for amd64: header, code, data, a section that is not loaded, names, and the headers of sections. */
function makeProgram({ data = Buffer.alloc(64), section: [name, bytes] = ['.comment', Buffer.alloc(8)] }: Making): Buffer {
  const [codeAt, dataAt] = [4096, 8192]
  const tailAt = dataAt + data.byteLength
  const names = Buffer.from(`\0${name}\0.shstrtab\0`)
  const [namesAt, tableAt] = [tailAt + bytes.byteLength, tailAt + bytes.byteLength + names.byteLength]
  const file = Buffer.alloc(tableAt + 3 * 64)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  file.writeUInt16LE(2, 16)
  file.writeUInt16LE(62, 18)
  file.writeBigUInt64LE(64n, 32)
  file.writeBigUInt64LE(BigInt(tableAt), 40)
  for (const [at, value] of [[52, 64], [54, 56], [56, 2], [58, 64], [60, 3], [62, 2]] as const) file.writeUInt16LE(value, at)
  for (const [at, flags, offset, size] of [[64, 5, codeAt, 4096], [120, 6, dataAt, data.byteLength]] as const) {
    file.writeUInt32LE(1, at)
    file.writeUInt32LE(flags, at + 4)
    file.writeBigUInt64LE(BigInt(offset), at + 8)
    file.writeBigUInt64LE(BigInt(size), at + 32)
  }
  file.set(data, dataAt)
  file.set(bytes, tailAt)
  file.set(names, namesAt)
  for (const [index, nameAt, offset, size] of [[1, 1, tailAt, bytes.byteLength], [2, 2 + name.length, namesAt, names.byteLength]] as const) {
    const at = tableAt + index * 64
    file.writeUInt32LE(nameAt, at)
    file.writeUInt32LE(1, at + 4)
    file.writeBigUInt64LE(BigInt(offset), at + 24)
    file.writeBigUInt64LE(BigInt(size), at + 32)
  }
  return file
}

function varint(value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 0x7f) | 0x80]), varint(value >> 7)])
}

/** As Go's linker writes it since 1.18: cmd/link/internal/ld/data.go, buildinfo. */
function goBuildInfo(version: string, lines: readonly string[], flags = 2): Buffer {
  const modules = Buffer.concat([Buffer.alloc(16, 0x30), Buffer.from(lines.map((line) => `${line}\n`).join('')), Buffer.alloc(16, 0x31)])
  const head = Buffer.alloc(32)
  head.set(Buffer.from('\xff Go buildinf:', 'latin1'))
  head.set([8, flags], 14)
  return Buffer.concat([head, varint(version.length), Buffer.from(version), varint(modules.byteLength), modules])
}

function scan(file: Uint8Array, chunkBytes = 1000): FileEvidence {
  const one = createProgramScan(file.byteLength)
  for (let at = 0; at < file.byteLength; at += chunkBytes) one.push(file.subarray(at, at + chunkBytes))
  return one.finish()
}

function told(evidence: FileEvidence): readonly string[] {
  return evidence.kind === 'packages' ? evidence.packages.map(({ kind, name, version }) => `${kind} ${name} ${version}`) : [evidence.kind === 'unread' ? `unread: ${evidence.reason}` : evidence.kind]
}

const GO = goBuildInfo('go1.22.3 X:x', ['path\texample.com/app', 'mod\texample.com/app\t(devel)\t', 'dep\tgithub.com/a/b\tv1.2.3\th1:x=', 'dep\told\tv1', '=>\tnew\tv2\th1:y=', 'build\t-compiler=gc'])
const GO_MODULES = ['golang stdlib 1.22.3', 'golang example.com/app ', 'golang github.com/a/b v1.2.3', 'golang new v2']
const CRATES = deflateSync(JSON.stringify({ packages: [{ name: 'serde', version: '1.0.2', source: 'crates.io' }, { name: 'cc', version: '1.1', source: 'crates.io', kind: 'build' }, { name: 'app', version: '0.1.0', source: 'local', root: true }] }))

describe('createProgramScan', () => {
  const cases: readonly (readonly [name: string, making: Making, want: readonly string[]])[] = [
    ['the modules of a Go program', { data: Buffer.concat([Buffer.alloc(32), GO, Buffer.alloc(500)]) }, GO_MODULES],
    ['past what looks like it', { data: Buffer.concat([Buffer.from('\xff Go buildinf:\xff\xff', 'latin1'), Buffer.alloc(48), GO]) }, GO_MODULES],
    ['only where it may stand', { data: Buffer.concat([Buffer.alloc(8), GO]) }, ['nothing']],
    ['a Go program without modules', { data: goBuildInfo('go1.19.8', []) }, ['golang stdlib 1.19.8']],
    ['that a Go program is too old to be read', { data: goBuildInfo('', [], 0) }, ['unread: it was built by a Go older than 1.18']],
    ['the crates of a Rust program, and not what built it', { section: ['.dep-v0', CRATES] }, ['cargo serde 1.0.2', 'cargo app 0.1.0']],
    ['that crates cannot be read', { section: ['.dep-v0', Buffer.from('no')] }, ['unread: its section .dep-v0 is not as cargo-auditable writes it']],
    ['that crates swell beyond all measure', { section: ['.dep-v0', deflateSync(Buffer.alloc(64 << 20, 0x20))] }, ['unread: its section .dep-v0 is not as cargo-auditable writes it']],
    ['nothing of other programs', {}, ['nothing']],
  ]
  for (const [name, making, want] of cases) it(`tells ${name}`, () => assert.deepEqual(told(scan(makeProgram(making))), want))

  it('reads the same in pieces of any size', () => {
    const files = [makeProgram({ data: Buffer.concat([Buffer.alloc(160), GO]) }), makeProgram({ section: ['.dep-v0', CRATES] })]
    fc.assert(fc.property(fc.constantFrom(...files), fc.integer({ min: 1, max: 9000 }), (file, chunkBytes) => assert.deepEqual(told(scan(file, chunkBytes)), told(scan(file, file.byteLength)))), { numRuns: 50 })
  })
  it('takes broken files without harm', () => {
    const good = makeProgram({ data: GO, section: ['.dep-v0', CRATES] })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.byteLength - 1), fc.nat(255)), { maxLength: 30 }), fc.array(fc.tuple(fc.nat(130), fc.nat(255)), { maxLength: 8 }), fc.nat(good.byteLength), (changes, headChanges, length) => {
        const broken = Buffer.from(good)
        for (const [at, value] of [...changes, ...headChanges]) broken[at] = value
        scan(broken.subarray(0, length))
      }),
    )
  })
  it('reads a real program of Go', () => {
    const path = createRequire(import.meta.url).resolve(`@bufbuild/buf-linux-${process.arch === 'x64' ? 'x64' : 'aarch64'}/bin/buf`)
    const modules = told(scan(readFileSync(path), 1 << 16))
    assert.ok(modules.length > 20)
    assert.match(modules[0] ?? '', /^golang buf\.build|^golang stdlib 1\.\d+/)
    assert.ok(modules.some((line) => line.startsWith('golang github.com/bufbuild/buf ')))
  })
})
