import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseElfHeader, parseElfSegments, SEGMENT_TYPE } from '../../../../archive/elf/elfHeader.ts'
import type { FileStart } from './extraSegment.ts'
import { sealEmulator } from './sealedEmulator.ts'

const SIZE_BYTES = 100_000
const code = { code: Buffer.from('CODE'), data: (entry: bigint) => Buffer.from(`entry ${entry}`) }

interface Segment {
  readonly type: number
  readonly address?: number
  readonly memoryBytes?: number
}

/** The beginning of a static program of 64 bits whose entry is 0x1234. */
function emulator(segments: readonly Segment[], ident: readonly number[] = [2, 1]): FileStart {
  const start = Buffer.alloc(64 + 56 * segments.length)
  start.set([0x7f, 0x45, 0x4c, 0x46, ...ident, 1])
  start.writeUInt16LE(3, 16)
  start.writeBigUInt64LE(0x1234n, 24)
  start.writeBigUInt64LE(64n, 32)
  start.writeUInt16LE(56, 54)
  start.writeUInt16LE(segments.length, 56)
  for (const [index, { type, address = 0, memoryBytes = 0 }] of segments.entries()) {
    start.writeUInt32LE(type, 64 + 56 * index)
    start.writeBigUInt64LE(BigInt(address), 64 + 56 * index + 16)
    start.writeBigUInt64LE(BigInt(memoryBytes), 64 + 56 * index + 40)
  }
  return { start, sizeBytes: SIZE_BYTES }
}

const NOTE = { type: SEGMENT_TYPE.note }
const TLS = { type: 7 }
const loads = [{ type: SEGMENT_TYPE.load }, { type: SEGMENT_TYPE.load, address: 0x20_0000, memoryBytes: 0x1_0001 }]

describe('a sealed emulator', () => {
  const sealed = sealEmulator(emulator([...loads, NOTE, TLS]), code)
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
    const original = emulator([...loads, NOTE])
    const before = Buffer.from(original.start)
    sealEmulator(original, code)
    assert.deepEqual(original.start, before)
  })
  const refused: readonly (readonly [what: string, file: FileStart])[] = [
    ['has no note', emulator([...loads, TLS])],
    ['maps nothing', emulator([NOTE])],
    ['has 32 bits', emulator([...loads, NOTE], [1, 1])],
    ['is big-endian', emulator([...loads, NOTE], [2, 2])],
    ['is no program', { start: Buffer.from('#!/bin/sh\n'), sizeBytes: 10 }],
    ['has its table further behind', { ...emulator([...loads, NOTE]), start: emulator([...loads, NOTE]).start.subarray(0, 100) }],
  ]
  for (const [what, file] of refused) {
    it(`is not made of what ${what}`, () => assert.equal(sealEmulator(file, code), undefined))
  }
})
