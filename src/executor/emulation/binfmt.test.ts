import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EMULATED_ARCHITECTURES, type EmulatedArchitecture } from './architectures.ts'
import { findRegistration, formatRegistration, parseRegistration, readHostRegistrations, registerInFront, registerPrivately } from './binfmt.ts'

const ARM64 = architecture('arm64')
const DEBIANS = 'enabled\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: POCF\noffset 0\nmagic 7f454c460201010000000000000000000200b700\nmask ffffffffffffff00fffffffffffffffffeffffff\n'

describe('registrations with binfmt_misc', () => {
  it('have the form that the kernel takes', () => {
    assert.equal(
      formatRegistration(ARM64, '/usr/bin/qemu-aarch64-static'),
      String.raw`:pelago-aarch64:M::\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:POCF`,
    )
  })

  const magics: readonly (readonly [architecture: string, end: string])[] = [
    ['amd64', '02003e00'],
    ['386', '02000300'],
    ['arm', '02002800'],
    ['riscv64', '0200f300'],
    ['ppc64le', '02001500'],
    ['ppc64', '00020015'],
    ['s390x', '00020016'],
    ['loong64', '02000201'],
    ['mips', '00020008'],
  ]
  for (const [name, end] of magics) {
    it(`know ${name} by its type and machine in its own byte order`, () => assert.equal(architecture(name).magic.slice(32), end))
  }

  it('are written to the file "register"', () => {
    using folder = temporaryFolder()
    registerPrivately(ARM64, '/q', folder.path)
    assert.match(readFileSync(join(folder.path, 'register'), 'utf8'), /^:pelago-aarch64:M::.*:\/q:POCF$/)
  })

  it('have a name of their own in front of those that are there', () => {
    using folder = temporaryFolder()
    assert.equal(registerInFront(ARM64, '/q', folder.path), true)
    assert.match(readFileSync(join(folder.path, 'register'), 'utf8'), /^:pelago-aarch64-tuned:M::.*:\/q:POCF$/)
  })

  const found: readonly (readonly [title: string, text: string, isFound: boolean])[] = [
    ['of the distribution is found', DEBIANS, true],
    ['without the flag F is of no use in another root', DEBIANS.replace('POCF', 'OC'), false],
    ['that is disabled is not found', DEBIANS.replace('enabled', 'disabled'), false],
    ['of another architecture is not found', DEBIANS.replace('b700', 'f300'), false],
  ]
  for (const [title, text, isFound] of found) {
    it(`one ${title}`, () => assert.equal(findRegistration(ARM64, [parseRegistration('qemu-aarch64', text)]) !== undefined, isFound))
  }

  it('are read from the machine', () => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'status'), 'enabled\n')
    writeFileSync(join(folder.path, 'qemu-aarch64'), DEBIANS)
    assert.deepEqual(readHostRegistrations(folder.path).map(({ interpreter }) => interpreter), ['/usr/libexec/qemu-binfmt/aarch64-binfmt-P'])
  })
  it('are none where binfmt_misc is not there', () => assert.deepEqual(readHostRegistrations('/no/such/folder'), []))
})

function architecture(name: string): EmulatedArchitecture {
  const found = EMULATED_ARCHITECTURES.find((one) => one.architecture === name)
  assert.ok(found)
  return found
}

function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'pelago-binfmt-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
