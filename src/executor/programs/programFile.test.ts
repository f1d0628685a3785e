import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { elfIdentityOf } from '../../archive/elf/elfMachine.ts'
import { makeElf } from '../../archive/elf/madeElf.suite.ts'
import { openRoot, type OpenFolder } from '../../archive/safePath.ts'
import { createOutputTail } from './outputTail.ts'
import { readProgramFile } from './programFile.ts'
import { viewPrograms } from './programView.ts'

const ARM64 = elfIdentityOf('arm64') ?? assert.fail()
const PROGRAM = makeElf({ ...ARM64, interpreter: '/lib/ld.so.1' })

describe('the file of a program', () => {
  let folder: string
  let root: OpenFolder
  const put = (path: string, content: string | Uint8Array, mode = 0o755): void => {
    writeFileSync(join(folder, path), content)
    chmodSync(join(folder, path), mode)
  }
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pelago-program-'))
    mkdirSync(join(folder, 'bin'))
    put('bin/elf', PROGRAM)
    put('bin/script', '#! /bin/sh  -e x \nexit')
    put('bin/windows', '#!/bin/sh\r\nexit\r\n')
    put('bin/empty', '')
    put('bin/plain', 'x', 0o644)
    put('bin/text', 'exit 1\n')
    put('bin/binary', Buffer.from([1, 2, 3, 0, 255]))
    put('bin/page', '\n<!DOCTYPE html>')
    put('bin/marked', '\ufeff#!/bin/sh\n')
    put('bin/cut', PROGRAM.subarray(0, 70))
    symlinkSync('/bin/elf', join(folder, 'bin/absolute'))
    symlinkSync('../../../../../bin/elf', join(folder, 'bin/climbing'))
    symlinkSync('loop', join(folder, 'bin/loop'))
    execFileSync('mkfifo', [join(folder, 'bin/pipe')])
    root = openRoot(folder)
  })
  after(() => {
    root[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  })

  const elf = { kind: 'elf', machine: { ...ARM64, architecture: 'arm64', title: 'AArch64' }, loader: '/lib/ld.so.1', isCut: false }
  const cases: readonly (readonly [path: string, want: object])[] = [
    ['/bin/elf', elf],
    ['/bin/absolute', elf],
    ['/bin/climbing', elf],
    ['/bin/script', { kind: 'script', interpreter: '/bin/sh', argument: '-e x', hasCarriageReturn: false }],
    ['/bin/windows', { kind: 'script', interpreter: '/bin/sh', argument: '', hasCarriageReturn: true }],
    ['/bin/empty', { kind: 'empty' }],
    ['/bin/plain', { kind: 'not-executable' }],
    ['/bin/text', { kind: 'text' }],
    ['/bin/binary', { kind: 'other', what: 'no program of any kind that Linux knows' }],
    ['/bin', { kind: 'folder' }],
    ['/bin/nosuch', { kind: 'absent' }],
    ['/bin/text/x', { kind: 'absent' }],
    ['/bin/loop', { kind: 'unknown' }],
    ['/bin/pipe', { kind: 'unknown' }],
  ]
  for (const [path, want] of cases) it(`is told of ${path}`, () => assert.deepEqual(readProgramFile(root, path), want))
  for (const [path, want] of [['/bin/page', /HTML/], ['/bin/marked', /byte order mark/]] as const) {
    it(`is told of ${path}`, () => {
      const file = readProgramFile(root, path)
      assert.match(file.kind === 'other' ? file.what : '', want)
    })
  }
  it('is told to be cut off', () => {
    const file = readProgramFile(root, '/bin/cut')
    assert.equal(file.kind === 'elf' && file.isCut, true)
  })
  it('is never a failure, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isElf) => {
        put('bin/any', isElf ? Buffer.concat([PROGRAM.subarray(0, 20), bytes]) : bytes)
        assert.equal(typeof readProgramFile(root, '/bin/any').kind, 'string')
      }),
      { numRuns: 200 },
    )
  })
  it('is looked for where a mount has it from', () => {
    const view = viewPrograms(root, { mounts: [{ kind: 'bind', source: join(folder, 'bin'), target: '/src', readonly: true }, { kind: 'bind', source: join(folder, 'bin/empty'), target: '/src/one', readonly: true }, { kind: 'tmpfs', target: '/tmp', readonly: false, sizeBytes: 0 }] })
    assert.deepEqual(['/src/elf', '/src/../src/text', '/src/one', '/srcx', '/tmp/x', '/src/nosuch'].map((path) => view.file(path).kind), ['elf', 'text', 'empty', 'absent', 'unknown', 'absent'])
    assert.ok(view.names('/bin').includes('elf'))
    assert.deepEqual(view.names('/nosuch'), [])
  })
})

describe('the end of an output', () => {
  it('is kept, however it comes', () => {
    const whole = Buffer.from(Array.from({ length: 60_000 }, (_, index) => 97 + (index % 26)))
    for (const size of [1, 7, 5_000, 60_000]) {
      const tail = createOutputTail()
      for (let at = 0; at < whole.byteLength; at += size) tail.add(whole.subarray(at, at + size))
      assert.equal(tail.text(), whole.toString().slice(-16 * 1024), `chunks of ${size}`)
    }
  })
})
