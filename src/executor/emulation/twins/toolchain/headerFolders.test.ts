import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findHeaderFolders, spellHeaderFolders, type FolderUse, type HeaderFolder } from './headerFolders.ts'

/** What differs between the two classes of programs. */
const CLASSES = {
  32: { machine: 40, headerBytes: 52, entryBytes: 32, halves: 42, fields: [8, 16, 20], rowBytes: 12 },
  64: { machine: 62, headerBytes: 64, entryBytes: 56, halves: 54, fields: [16, 32, 40], rowBytes: 24 },
} as const

/** A program that is linked to a place, in which texts and table stand as gcc has them. */
function program(bits: 32 | 64, rows: readonly HeaderFolder[], { hasNote = true } = {}): Buffer {
  const { machine, headerBytes, entryBytes, halves, fields, rowBytes } = CLASSES[bits]
  const file = Buffer.alloc(4096)
  const address = (at: number, value: number): void => void (bits === 64 ? file.writeBigUInt64LE(BigInt(value), at) : file.writeUInt32LE(value, at))
  file.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, 1, 1])
  file.writeUInt16LE(2, 16)
  file.writeUInt16LE(machine, 18)
  address(24 + bits / 8, headerBytes)
  file.writeUInt16LE(entryBytes, halves)
  file.writeUInt16LE(hasNote ? 2 : 1, halves + 2)
  file.writeUInt32LE(1, headerBytes)
  for (const [index, value] of [BASE, file.byteLength, file.byteLength].entries()) address(headerBytes + (fields[index] ?? 0), value)
  file.writeUInt32LE(4, headerBytes + entryBytes)
  putRows(file, rows, { address, rowBytes, wordBytes: bits / 8 })
  return file
}

interface RowPlace {
  readonly address: (at: number, value: number) => void
  readonly rowBytes: number
  readonly wordBytes: number
}

function putRows(file: Buffer, rows: readonly HeaderFolder[], { address, rowBytes, wordBytes }: RowPlace): void {
  let text = 1024
  const put = (value: string): number => {
    const at = text
    text += file.write(`${value}\0`, at, 'latin1')
    return BASE + at
  }
  for (const [index, { path, component, flags }] of rows.entries()) {
    address(TABLE + index * rowBytes, put(path))
    address(TABLE + index * rowBytes + wordBytes, component === undefined ? 0 : put(component))
    file.set(flags, TABLE + index * rowBytes + 2 * wordBytes)
  }
}

const BASE = 0x40_0000
const TABLE = 2400

const OWN: readonly HeaderFolder[] = [
  { path: '/usr/lib/gcc/aarch64-linux-gnu/14/../../../../include/c++/14', component: 'G++', flags: [1, 1, 0, 0] },
  { path: '/usr/lib/gcc/aarch64-linux-gnu/14/include', component: 'GCC', flags: [0, 0, 0, 0] },
  { path: '/usr/local/include', component: undefined, flags: [0, 1, 1, 2] },
]
const CROSS: readonly HeaderFolder[] = [
  { path: '/usr/lib/gcc-cross/aarch64-linux-gnu/14/include', component: 'GCC', flags: [0, 0, 0, 0] },
  { path: '/usr/local/include', component: undefined, flags: [0, 1, 1, 2] },
  { path: '/usr/aarch64-linux-gnu/include', component: 'BINUTILS', flags: [0, 1, 0, 0] },
  { path: '/usr/include', component: undefined, flags: [0, 0, 1, 0] },
]

const CPLUSPLUS: FolderUse = { language: 'C++', triplet: 'aarch64-linux-gnu' }

describe('the header folders of a compiler', () => {
  for (const bits of [32, 64] as const) {
    it(`are read of one of ${bits} bits`, () => assert.deepEqual(findHeaderFolders(program(bits, OWN))?.rows, OWN))
  }
  it('are none of another file', () => {
    const shared = program(64, OWN)
    shared.writeUInt16LE(3, 16)
    const strange = OWN.map((row) => ({ ...row, flags: [7, 0, 0, 0] }))
    assert.deepEqual([Buffer.from('text'), shared, program(64, []), program(64, strange)].map(findHeaderFolders), [undefined, undefined, undefined, undefined])
  })
  it('are in a copy of another one those of the first, with nothing else changed', () => {
    const [own, cross] = [findHeaderFolders(program(32, OWN)), findHeaderFolders(program(64, CROSS))]
    assert.ok(own !== undefined && cross !== undefined)
    const { spellings = [], absent } = spellHeaderFolders(own, cross, CPLUSPLUS) ?? {}
    assert.deepEqual([spellings.length, absent], [3, []])
    const copy = Buffer.alloc(Math.max(...spellings.map(({ offset, text }) => offset + text.length)))
    program(64, CROSS).copy(copy)
    for (const { offset, text } of spellings) copy.write(text, offset, 'latin1')
    assert.deepEqual(findHeaderFolders(copy)?.rows, OWN)
    assert.deepEqual(copy.subarray(1024, TABLE), program(64, CROSS).subarray(1024, TABLE))
  })
  it('are those of the language, and fewer where folders for the target alone find no room', () => {
    const rows: readonly HeaderFolder[] = [...OWN, { path: '/usr/include/c++/14', component: 'G++', flags: [1, 1, 0, 2] }, { path: '/usr/include/c++/v1', component: 'G++', flags: [2, 1, 0, 0] }]
    const [many, three, two] = [rows, CROSS.slice(0, 3), CROSS.slice(0, 2)].map((some) => findHeaderFolders(program(64, some)))
    assert.ok(many !== undefined && three !== undefined && two !== undefined)
    assert.deepEqual(spellHeaderFolders(many, three, CPLUSPLUS)?.absent, ['/usr/include/c++/14/aarch64-linux-gnu'])
    assert.deepEqual(spellHeaderFolders(many, two, { ...CPLUSPLUS, language: 'C' })?.absent, [])
    assert.deepEqual([spellHeaderFolders(many, two, CPLUSPLUS), spellHeaderFolders(many, { ...many, room: undefined }, CPLUSPLUS)], [undefined, undefined])
  })
  it('have none where there is no note to spare', () => assert.equal(findHeaderFolders(program(64, OWN, { hasNote: false }))?.room, undefined))
})
