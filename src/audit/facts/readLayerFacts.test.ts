import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TarEntry, TarHeader } from '../../archive/tar.ts'
import { writeTar } from '../../archive/tarWriter.ts'
import { asByteString, fromText } from '../../kit/byteString.ts'
import { makeLinkedElf } from '../elf/linkedElf.suite.ts'
import type { FileContent, LayerEntry } from './layerFacts.ts'
import { readLayerFacts } from './readLayerFacts.ts'

const PLAIN: TarHeader = { kind: 'file', path: fromText(''), mode: 0o755, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, linkTarget: fromText(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() }

function entry(path: string, content: string | Uint8Array, change: Partial<TarHeader> = {}): TarEntry {
  const bytes = Buffer.from(content)
  return {
    header: { ...PLAIN, path: fromText(path), sizeBytes: bytes.byteLength, ...change },
    content: (async function* () {
      yield bytes
    })(),
  }
}

async function factsOf(...entries: readonly TarEntry[]): Promise<readonly LayerEntry[]> {
  return (await readLayerFacts(writeTar(entries), AbortSignal.timeout(10_000))).entries
}

describe('readLayerFacts', () => {
  const long = Buffer.alloc(100_000, 'x')
  const contents: readonly (readonly [name: string, path: string, content: string | Uint8Array, want: FileContent])[] = [
    ['a script', 'run', '#! /usr/bin/env  -S node --x\nbody', { kind: 'script', line: asByteString(' /usr/bin/env  -S node --x') }],
    ['a script with Windows line ends', 'run', '#!/bin/sh\r\nbody', { kind: 'script', line: asByteString('/bin/sh\r') }],
    ['as much of an endless first line as Linux reads', 'run', `#!${'y'.repeat(400)}`, { kind: 'script', line: asByteString('y'.repeat(254)) }],
    ['an empty file', 'empty', '', { kind: 'empty' }],
    ['any other file', 'data', long, { kind: 'other' }],
    ['a program for Windows', 'app.exe', 'MZ…', { kind: 'foreign', system: 'Windows' }],
    ['a program for macOS', 'app', Buffer.from('cffaedfe07000001', 'hex'), { kind: 'foreign', system: 'macOS' }],
    ['where loaders look for libraries', './etc/ld.so.conf.d/x.conf', '/opt/lib\n', { kind: 'search-paths', text: asByteString('/opt/lib\n') }],
    ['what begins like a program and is none', 'odd', Buffer.from('7f454c46ffff', 'hex'), { kind: 'other' }],
  ]
  for (const [name, path, content, want] of contents) {
    it(`tells ${name}`, async () => {
      const [found] = await factsOf(entry(path, content), entry('after', '#!/bin/sh'))
      assert.deepEqual(found?.kind === 'file' && found.content, want)
    })
  }
  it('tells programs, whatever stands around them', async () => {
    const elf = makeLinkedElf({ architecture: 'ppc64le', loader: '/lib64/ld64.so.2', needed: ['libc.so.6'], gapBytes: 50_000 })
    const found = await factsOf(entry('a', long), entry('bin/b', elf, { mode: 0o4755, xattrs: new Map([['security.capability', new Uint8Array(20)]]) }), entry('c', long))
    const [, program] = found
    assert.deepEqual(
      found.map((facts) => facts.kind === 'file' && facts.content.kind),
      ['other', 'elf', 'other'],
    )
    assert.deepEqual(program?.kind === 'file' && [program.mode, program.hasCapabilities, program.content.kind === 'elf' && program.content.elf.architecture], [0o4755, true, 'ppc64le'])
  })
  it('tells links, folders, whiteouts and devices, by plain paths', async () => {
    const found = await factsOf(
      entry('./d', '', { kind: 'folder' }),
      entry('d//l', '', { kind: 'symlink', linkTarget: fromText('../x') }),
      entry('/d/./h', '', { kind: 'hardlink', linkTarget: fromText('./d/x') }),
      entry('dev/null', '', { kind: 'character-device' }),
      entry('d/.wh.gone', ''),
      entry('e/.wh..wh..opq', ''),
      entry('.wh..wh.plnk', ''),
    )
    assert.deepEqual(found, [
      { kind: 'folder', path: 'd' },
      { kind: 'symlink', path: 'd/l', target: '../x' },
      { kind: 'hardlink', path: 'd/h', target: 'd/x' },
      { kind: 'special', path: 'dev/null' },
      { kind: 'removal', path: 'd/gone' },
      { kind: 'opaque', path: 'e' },
    ])
  })
})
