import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ARGV0, formatTwinTable, type FileIdentity, type TwinStart, type TwinTable } from './twinTable.ts'

const file = (device: bigint, inode: bigint): FileIdentity => ({ device, inode, sizeBytes: 7n, mtimeNs: 1_700_000_000_123_456_789n, ctimeNs: 1_700_000_001_000_000_000n })
const start = (change: Partial<TwinStart> = {}): TwinStart => ({ linkFolder: '/l/', link: 'sh', call: {}, words: [ARGV0, '--argv0', ARGV0, '/r/dash'], otherwise: undefined, ...change })
const table = (change: Partial<TwinTable> = {}): TwinTable => ({ root: { device: 5n, inode: 6n }, hasSameLocales: true, isEnvironmentReversed: false, cpuModel: undefined, entries: [], ...change })

/** What native/twin/table.h says is at an offset. */
function stringAt(bytes: Buffer, offset: number): string {
  return bytes.toString('utf8', offset, bytes.indexOf(0, offset))
}

describe('the table of twins', () => {
  it('begins with what native/twin/table.h says', () => {
    const bytes = formatTwinTable(table({ entries: [{ file: file(1n, 2n), twin: start() }] }), -4096n)
    assert.equal(bytes.toString('latin1', 0, 8), 'PELTWIN5')
    assert.deepEqual([bytes.readBigInt64LE(8), bytes.readBigUInt64LE(16), bytes.readBigUInt64LE(24), bytes.readUInt32LE(32)], [-4096n, 5n, 6n, 1])
    assert.deepEqual([48, 56, 64, 72, 80].map((at) => bytes.readBigUInt64LE(at)), [1n, 2n, 7n, 1_700_000_000_123_456_789n, 1_700_000_001_000_000_000n])
  })
  const flags: readonly (readonly [hasSameLocales: boolean, isEnvironmentReversed: boolean, bits: number])[] = [[false, false, 0], [true, false, 1], [false, true, 2], [true, true, 3]]
  for (const [hasSameLocales, isEnvironmentReversed, bits] of flags) {
    it(`has the bits ${bits} for locales ${hasSameLocales}, reversed ${isEnvironmentReversed}`, () => assert.equal(formatTwinTable(table({ hasSameLocales, isEnvironmentReversed }), 0n).readUInt32LE(36), bits))
  }
  it('names the processor that the emulator is to show, or none', () => {
    const bytes = formatTwinTable(table({ cpuModel: 'max,x=on' }), 0n)
    assert.equal(stringAt(bytes, bytes.readUInt32LE(40)), 'max,x=on')
    assert.equal(formatTwinTable(table(), 0n).readUInt32LE(40), 0)
  })
  it('is sorted by device and inode, as numbers', () => {
    const files = [file(2n, 1n), file(1n, 1n << 40n), file(1n, 9n), file(1n, 10n)]
    const bytes = formatTwinTable(table({ entries: files.map((one) => ({ file: one, twin: start() })) }), 0n)
    assert.deepEqual([0, 1, 2, 3].map((index) => [bytes.readBigUInt64LE(48 + 48 * index), bytes.readBigUInt64LE(56 + 48 * index)]), [[1n, 9n], [1n, 10n], [1n, 1n << 40n], [2n, 1n]])
  })
  const numbersAt = (bytes: Buffer, at: number, length: number): readonly number[] => Array.from({ length }, (_, index) => bytes.readUInt32LE(at + 4 * index))
  const textsAt = (bytes: Buffer, at: number, length: number): readonly (string | number)[] => numbersAt(bytes, at, length).map((offset) => offset && stringAt(bytes, offset))
  it('says how a twin is started, argv[0] as 0', () => {
    const bytes = formatTwinTable(table({ entries: [{ file: file(1n, 2n), twin: start({ call: { names: ['sh', 'ash'] } }) }] }), 0n)
    const [linkFolder = 0, link = 0, names = 0, first, otherwise, refused, companions, absent, replaced, loading, count, ...words] = numbersAt(bytes, bytes.readUInt32LE(88), 15)
    assert.deepEqual([stringAt(bytes, linkFolder), stringAt(bytes, link), first, otherwise, refused, companions, absent, replaced, loading, count], ['/l/', 'sh', 0, 0, 0, 0, 0, 0, 0, 4])
    assert.deepEqual(words.map((word) => (word === 0 ? ARGV0 : stringAt(bytes, word))), [ARGV0, '--argv0', ARGV0, '/r/dash'])
    assert.deepEqual(textsAt(bytes, names, 3), ['sh', 'ash', 0])
  })
  it('says which calls it is for: first arguments, what is refused, files beside others, values of options, and folders of libraries', () => {
    const bytes = formatTwinTable(table({ entries: [{ file: file(1n, 2n), twin: start({ call: { first: ['-cc1'], refused: ['-p', '-v'], companions: [['-include', '.gch']], absent: ['/none'], replaced: [['-plugin', '/a', '/b']], loading: ['-L'] } }) }] }), 0n)
    const [first = 0, , refused = 0, companions = 0, absent = 0, replaced = 0, loading = 0] = numbersAt(bytes, bytes.readUInt32LE(88) + 12, 7)
    assert.deepEqual(textsAt(bytes, first, 2), ['-cc1', 0])
    assert.deepEqual(textsAt(bytes, refused, 3), ['-p', '-v', 0])
    assert.deepEqual(textsAt(bytes, companions, 3), ['-include', '.gch', 0])
    assert.deepEqual(textsAt(bytes, absent, 2), ['/none', 0])
    assert.deepEqual(textsAt(bytes, replaced, 4), ['-plugin', '/a', '/b', 0])
    assert.deepEqual(textsAt(bytes, loading, 2), ['-L', 0])
  })
  it('says what is started in other calls', () => {
    const bytes = formatTwinTable(table({ entries: [{ file: file(1n, 2n), twin: start({ otherwise: start({ link: 'other' }) }) }] }), 0n)
    const [, , , , otherwise = 0] = numbersAt(bytes, bytes.readUInt32LE(88), 5)
    assert.deepEqual(textsAt(bytes, otherwise, 2), ['/l/', 'other'])
  })
  it('writes what is equal once, and numbers where they can be read', () => {
    const one = formatTwinTable(table({ entries: [{ file: file(1n, 1n), twin: start() }] }), 0n)
    const two = formatTwinTable(table({ entries: [{ file: file(1n, 1n), twin: start() }, { file: file(1n, 2n), twin: start() }] }), 0n)
    assert.equal(two.byteLength, one.byteLength + 48)
    assert.equal(one.readUInt32LE(88) % 4, 0)
  })
})
