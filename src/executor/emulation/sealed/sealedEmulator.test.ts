import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseElfHeader, parseElfSegments } from '../../../archive/elf/elfHeader.ts'
import type { FileStart } from './extraSegment.ts'
import { LOADS, makeEmulator, NOTE } from './madeEmulator.suite.ts'
import { sealEmulator } from './sealedEmulator.ts'

const SIZE_BYTES = 100_000
const code = { code: Buffer.from('CODE'), data: (entry: bigint) => Buffer.from(`entry ${entry}`) }

const TLS = { type: 7 }
const emulator = (...given: Parameters<typeof makeEmulator>): FileStart => ({ start: makeEmulator(...given), sizeBytes: SIZE_BYTES })

describe('a sealed emulator', () => {
  const sealed = sealEmulator(emulator([...LOADS, NOTE, TLS]), code)
  it('has the code as its entry, behind all that it maps', () => {
    assert.ok(sealed !== undefined)
    assert.equal(sealed.start.readBigUInt64LE(24), 0x22_0000n)
    assert.deepEqual([sealed.offset, sealed.segment.toString()], [131_072, `CODEentry ${0x1234n - 0x22_0000n}`])
  })
  it('maps the new segment after the last one, in the place of the note', () => {
    const header = parseElfHeader(sealed?.start ?? Buffer.alloc(0))
    assert.ok(header !== undefined && sealed !== undefined)
    const segments = parseElfSegments(header, sealed.start.subarray(64))
    assert.deepEqual(segments.map(({ type }) => type), [1, 1, 1, 7])
    assert.deepEqual(segments[2], { type: 1, flags: 5, offset: 131_072, address: 0x22_0000, sizeBytes: sealed.segment.byteLength })
  })
  it('leaves the original alone', () => {
    const original = emulator([...LOADS, NOTE])
    const before = Buffer.from(original.start)
    sealEmulator(original, code)
    assert.deepEqual(original.start, before)
  })
  const refused: readonly (readonly [what: string, file: FileStart])[] = [
    ['has no note', emulator([...LOADS, TLS])],
    ['maps nothing', emulator([NOTE])],
    ['has 32 bits', emulator([...LOADS, NOTE], [1, 1])],
    ['is big-endian', emulator([...LOADS, NOTE], [2, 2])],
    ['is no program', { start: Buffer.from('#!/bin/sh\n'), sizeBytes: 10 }],
    ['has its table further behind', { ...emulator([...LOADS, NOTE]), start: emulator([...LOADS, NOTE]).start.subarray(0, 100) }],
  ]
  for (const [what, file] of refused) {
    it(`is not made of what ${what}`, () => assert.equal(sealEmulator(file, code), undefined))
  }
})
