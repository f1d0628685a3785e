import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createSymbolScan } from './symbolScan.ts'

function scan(bytes: Uint8Array, chunkBytes: number): number {
  const found = createSymbolScan(bytes.byteLength)
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) found.push(bytes.subarray(at, at + chunkBytes))
  return found.symbolBytes()
}

interface MadeSection {
  readonly name: string
  readonly sizeBytes: number
}

/** Where the section headers stand: behind all, as GNU's linker has them, or right behind the header, as Go's. */
type Layout = 'headers-last' | 'headers-first'

/** Where the fields of a class are: gabi, "ELF Header" and "Section Header". */
const FIELDS = {
  32: { headerBytes: 52, entryBytes: 40, tableAt: 32, countsAt: 46, offsetAt: 16, sizeAt: 20 },
  64: { headerBytes: 64, entryBytes: 64, tableAt: 40, countsAt: 58, offsetAt: 24, sizeAt: 32 },
} as const

function makeSections(bits: 32 | 64, sections: readonly MadeSection[], layout: Layout): Buffer {
  const { headerBytes, entryBytes, tableAt, countsAt, offsetAt, sizeAt } = FIELDS[bits]
  const names = Buffer.from(['', ...sections.map(({ name }) => name), '.shstrtab', ''].join('\0'))
  const content = Buffer.alloc(sections.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  const count = sections.length + 2
  const table = Buffer.alloc(count * entryBytes)
  const header = Buffer.alloc(headerBytes)
  const parts = layout === 'headers-first' ? [header, table, names, content] : [header, content, names, table]
  const startOf = (part: Uint8Array): number => parts.slice(0, parts.findIndex((one) => one === part)).reduce((sum, { byteLength }) => sum + byteLength, 0)
  const write = (into: Buffer, at: number, value: number): unknown => (bits === 32 ? into.writeUInt32LE(value, at) : into.writeBigUInt64LE(BigInt(value), at))
  header.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, 1, 1])
  write(header, tableAt, startOf(table))
  for (const [index, value] of [entryBytes, count, count - 1].entries()) header.writeUInt16LE(value, countsAt + 2 * index)
  const all = [...sections.map(({ name, sizeBytes }) => ({ name, sizeBytes, offset: headerBytes })), { name: '.shstrtab', sizeBytes: names.byteLength, offset: startOf(names) }]
  for (const [index, { name, sizeBytes, offset }] of all.entries()) {
    const at = (index + 1) * entryBytes
    table.writeUInt32LE(names.indexOf(`\0${name}\0`) + 1, at)
    table.writeUInt32LE(1, at + 4)
    write(table, at + offsetAt, offset)
    write(table, at + sizeAt, sizeBytes)
  }
  return Buffer.concat(parts)
}

describe('createSymbolScan', () => {
  const sections = [{ name: '.text', sizeBytes: 90_000 }, { name: '.symtab', sizeBytes: 500 }, { name: '.strtab', sizeBytes: 300 }, { name: '.debug_info', sizeBytes: 70_000 }, { name: '.dynstr', sizeBytes: 40 }, { name: '.comment', sizeBytes: 30 }]
  for (const bits of [32, 64] as const) {
    for (const layout of ['headers-last', 'headers-first'] as const) {
      for (const chunkBytes of [7, 4096, 1 << 20]) {
        it(`sums symbols and what debuggers read, of ${bits} bits, ${layout}, in chunks of ${chunkBytes}`, () => assert.equal(scan(makeSections(bits, sections, layout), chunkBytes), 70_800))
      }
    }
  }
  it('finds none in what is stripped, cut, or no ELF file', () => {
    const whole = makeSections(64, sections, 'headers-last')
    assert.deepEqual([scan(makeSections(64, sections.slice(0, 1), 'headers-last'), 4096), scan(whole.subarray(0, -1), 4096), scan(Buffer.alloc(70_000, 'x'), 4096), scan(Buffer.alloc(0), 1)], [0, 0, 0, 0])
  })
  it('finds in the Node that runs this what readelf finds', { skip: hasReadelf() ? false : 'readelf is not installed' }, () => {
    const listed = execFileSync('readelf', ['-SW', process.execPath], { encoding: 'utf8' })
    const sizes = [...listed.matchAll(/\] \.(?:symtab|strtab|debug_\w+) +\w+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+)/g)].map(([, size = '0']) => Number.parseInt(size, 16))
    assert.equal(scan(readFileSync(process.execPath), 256 * 1024), sizes.reduce((sum, size) => sum + size, 0))
  })
  it('never fails, and counts no more than there is, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 20 }), fc.integer({ min: 1, max: 64 }), (rest, edits, chunkBytes) => {
        const bytes = Buffer.concat([makeSections(64, [{ name: '.symtab', sizeBytes: 10 }], 'headers-first'), rest])
        for (const [at, value] of edits) bytes[at + 4] = value
        assert.ok(scan(bytes, chunkBytes) <= bytes.byteLength)
      }),
    )
  })
})

function hasReadelf(): boolean {
  try {
    execFileSync('readelf', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
