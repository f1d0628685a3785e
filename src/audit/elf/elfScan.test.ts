import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ELF_TYPE } from '../../archive/elf/elfHeader.ts'
import type { ElfFacts } from './elfFacts.ts'
import { createElfScan } from './elfScan.ts'
import { makeAttributes, makeLinkedElf, type LinkedElf } from './linkedElf.suite.ts'

function scan(bytes: Uint8Array, chunkBytes = 65_536): ElfFacts | undefined {
  const elf = createElfScan(bytes.byteLength)
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    const chunk = Uint8Array.from(bytes.subarray(at, at + chunkBytes))
    elf.push(chunk)
    chunk.fill(0xee) // whoever gave it may use it again
  }
  return elf.finish()
}

const LINKED = {
  loader: '/lib/ld.so.1',
  needed: ['libfirst.so.1', 'libc.so.6'],
  rpath: '/opt/a:$ORIGIN/../lib',
  runpath: '/opt/b',
  soname: 'libown.so.2',
  versionsNeeded: { 'libc.so.6': ['GLIBC_2.38', 'GLIBC_2.2.5'], 'libfirst.so.1': ['FIRST_1'] },
  versionsDefined: ['OWN_1', 'OWN_2'],
} as const

const WANTED = {
  kind: 'dynamic',
  soname: 'libown.so.2',
  needed: ['libfirst.so.1', 'libc.so.6'],
  rpath: ['/opt/a', '$ORIGIN/../lib'],
  runpath: ['/opt/b'],
  versionsNeeded: [{ library: 'libc.so.6', versions: ['GLIBC_2.38', 'GLIBC_2.2.5'] }, { library: 'libfirst.so.1', versions: ['FIRST_1'] }],
  versionsDefined: ['OWN_1', 'OWN_2'],
}

describe('createElfScan', () => {
  for (const architecture of ['amd64', '386', 'arm64', 'arm', 'riscv64', 'ppc64le', 'ppc64', 's390x', 'loong64', 'mips64le', 'mips64', 'mipsle', 'mips']) {
    it(`reads what a program for ${architecture} is linked with`, () => {
      const facts = scan(makeLinkedElf({ architecture, ...LINKED }))
      assert.deepEqual([facts?.architecture, facts?.kind, facts?.loader, facts?.linking], [architecture, 'program', LINKED.loader, WANTED])
    })
  }

  const kinds: readonly (readonly [name: string, elf: LinkedElf, kind: string, linking: string])[] = [
    ['a library', { architecture: 'arm64', soname: 'libx.so' }, 'library', 'dynamic'],
    ['a static program', { architecture: 'arm64', type: ELF_TYPE.executable }, 'program', 'static'],
    ['an object', { architecture: 'arm64', type: ELF_TYPE.relocatable }, 'object', 'static'],
  ]
  for (const [name, elf, kind, linking] of kinds) {
    it(`tells ${name}`, () => {
      const facts = scan(makeLinkedElf(elf))
      assert.deepEqual([facts?.kind, facts?.linking.kind], [kind, linking])
    })
  }

  const levels: readonly (readonly [name: string, elf: LinkedElf, cpuLevel: string, floats: string])[] = [
    ['x86-64-v3 by its note', { architecture: 'amd64', x86Isa: 0b101 }, 'v3', 'unknown'],
    ['x86-64-v4 by its note', { architecture: 'amd64', x86Isa: 0b1000 }, 'v4', 'unknown'],
    ['the baseline of x86-64', { architecture: 'amd64', x86Isa: 0b1 }, '', 'unknown'],
    ['ARMv7 with hard floats', { architecture: 'arm', flags: 0x5000400, attributes: makeAttributes('aeabi', [[5, 'cortex-a8'], [6, 10], [7, 65]]) }, 'v7', 'hard'],
    ['ARMv6 with soft floats', { architecture: 'arm', flags: 0x5000200, attributes: makeAttributes('aeabi', [[6, 6]]) }, 'v6', 'soft'],
    ['ARM firmware, which is for no platform', { architecture: 'arm', attributes: makeAttributes('aeabi', [[6, 11], [7, 77]]) }, '', 'unknown'],
    ['RISC-V with vectors', { architecture: 'riscv64', flags: 0x5, attributes: makeAttributes('riscv', [[5, 'rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_v1p0_zicsr2p0_zba1p0']]) }, 'v,zba', 'hard'],
    ['RISC-V as every distribution has it', { architecture: 'riscv64', flags: 0x5, attributes: makeAttributes('riscv', [[4, 16], [5, 'rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zifencei2p0']]) }, '', 'hard'],
    ['attributes of another vendor', { architecture: 'riscv64', attributes: makeAttributes('gnu', [[5, 'rv64i_v']]) }, '', 'soft'],
  ]
  for (const [name, elf, cpuLevel, floats] of levels) {
    it(`reads ${name}`, () => {
      const facts = scan(makeLinkedElf(elf))
      assert.deepEqual([facts?.cpuLevel, facts?.floats], [cpuLevel, floats])
    })
  }

  it('finds tables far behind what names them, as tools that edit programs leave them', () => {
    assert.deepEqual(scan(makeLinkedElf({ architecture: 'amd64', ...LINKED, gapBytes: 6 << 20 }))?.linking, WANTED)
  })
  it('says so where the tables are not in reach', () => {
    assert.deepEqual(scan(makeLinkedElf({ architecture: 'amd64', ...LINKED }).subarray(0, 700))?.linking, { kind: 'unreadable' })
  })
  it('reads the same however the file is cut', () => {
    const bytes = makeLinkedElf({ architecture: 's390x', ...LINKED, gapBytes: 9000 })
    fc.assert(fc.property(fc.integer({ min: 1, max: 12_000 }), (chunkBytes) => assert.deepEqual(scan(bytes, chunkBytes)?.linking, WANTED)))
  })
  it('never fails, whatever is written over a program', () => {
    const programs = [makeLinkedElf({ architecture: 'arm', ...LINKED, attributes: makeAttributes('aeabi', [[6, 10]]) }), makeLinkedElf({ architecture: 'amd64', ...LINKED, x86Isa: 4 })]
    const change = fc.tuple(fc.nat(800), fc.uint8Array({ minLength: 1, maxLength: 12 }))
    fc.assert(
      fc.property(fc.constantFrom(...programs), fc.array(change, { maxLength: 8 }), fc.nat(1200), (program, changes, cutAt) => {
        const bytes = Buffer.concat([program, Buffer.alloc(16)]).subarray(0, cutAt)
        for (const [at, patch] of changes) bytes.set(patch.subarray(0, Math.max(0, bytes.byteLength - at)), Math.min(at, bytes.byteLength))
        scan(bytes)
      }),
      { numRuns: 3000 },
    )
  })
  it('reads the program that runs this test', () => {
    const facts = scan(readFileSync(process.execPath))
    assert.equal(facts?.kind, 'program')
    assert.ok(facts.linking.kind === 'dynamic' && facts.linking.needed.includes('libc.so.6' as never) && facts.linking.versionsNeeded.length > 0)
  })
})
