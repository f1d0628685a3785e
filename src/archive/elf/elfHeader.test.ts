import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseElfHeader, parseElfSegments } from './elfHeader.ts'
import { elfIdentityOf, machineOf } from './elfMachine.ts'
import { makeElf } from './madeElf.suite.ts'

const ARCHITECTURES = ['amd64', '386', 'arm64', 'arm', 'riscv64', 'ppc64le', 'ppc64', 's390x', 'loong64', 'mips64le', 'mips64', 'mipsle', 'mips'] as const

describe('the header of an ELF file', () => {
  for (const architecture of ARCHITECTURES) {
    it(`is read, and its segments, of a program for ${architecture}`, () => {
      const identity = elfIdentityOf(architecture)
      assert.ok(identity)
      const bytes = makeElf({ ...identity, interpreter: '/lib/ld.so.1' })
      const header = parseElfHeader(bytes)
      assert.ok(header)
      assert.equal(machineOf(header)?.architecture, architecture)
      const [segment] = parseElfSegments(header, bytes.subarray(header.programHeaders.offset))
      assert.deepEqual(segment && [segment.type, bytes.toString('latin1', segment.offset, segment.offset + segment.sizeBytes)], [3, '/lib/ld.so.1\0'])
    })
  }
  const whole = makeElf({ bits: 64, byteOrder: 'little', machine: 62 })
  const none: readonly (readonly [what: string, bytes: Uint8Array])[] = [
    ['nothing', Buffer.alloc(0)],
    ['a script', Buffer.from('#!/bin/sh\n'.padEnd(64))],
    ['a header that is cut', whole.subarray(0, 63)],
    ['an unknown class', Buffer.concat([whole.subarray(0, 4), Buffer.from([3]), whole.subarray(5)])],
    ['an unknown byte order', Buffer.concat([whole.subarray(0, 5), Buffer.from([0]), whole.subarray(6)])],
  ]
  for (const [what, bytes] of none) it(`is not found in ${what}`, () => assert.equal(parseElfHeader(bytes), undefined))

  it('leaves segments out that the table does not hold whole', () => {
    const header = parseElfHeader(whole)
    assert.ok(header)
    assert.deepEqual(parseElfSegments({ ...header, programHeaders: { ...header.programHeaders, count: 65_535 } }, whole.subarray(64, 64 + 55)), [])
  })
  it('never fails, whatever the bytes', () => {
    const anything = fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 256 }))
    fc.assert(
      fc.property(anything, ([size, order, rest]) => {
        const bytes = Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, size, order]), rest])
        const header = parseElfHeader(bytes)
        assert.equal(header === undefined, bytes.byteLength < (size === 1 ? 52 : 64))
        if (header !== undefined) assert.ok(parseElfSegments(header, rest).length <= rest.byteLength / 32)
      }),
    )
  })
})
