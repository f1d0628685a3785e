import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EMULATED_ARCHITECTURES, type EmulatedArchitecture } from '../architectures.ts'
import { TABLE_FORMAT } from '../twins/setting/twinTable.ts'
import { LOADS, makeEmulator, NOTE } from './madeEmulator.suite.ts'
import { tuneEmulator, type TunedEmulator } from './tunedEmulator.ts'

const QUICK = 'max,pauth-impdef=on'

describe('a tuned emulator', () => {
  it('is a copy by the same name that is told the processor, made once', async () => {
    using fixture = open()
    const tuned = await fixture.tune()
    assert.equal(tuned?.cpuModel, QUICK)
    assert.match(tuned.interpreter, /\/emulators\/arm64\/[0-9a-f]{16}\/qemu-aarch64-static$/)
    const bytes = readFileSync(tuned.interpreter)
    assert.ok(bytes.includes(`${QUICK}\0`) && bytes.includes(TABLE_FORMAT))
    writeFileSync(tuned.interpreter, 'kept')
    assert.deepEqual(await fixture.tune(), tuned)
    assert.equal(readFileSync(tuned.interpreter, 'utf8'), 'kept')
  })
  it('is made anew where emulator or code are others, and the former copy goes', async () => {
    using fixture = open()
    const first = await fixture.tune()
    fixture.writeEmulator('pauth-impdef, of another version')
    const second = await fixture.tune()
    fixture.writeCode(`other ${TABLE_FORMAT}`)
    const third = await fixture.tune()
    assert.equal(new Set([first, second, third].map((tuned) => tuned?.interpreter)).size, 3)
    assert.deepEqual([first, second, third].map((tuned) => existsSync(tuned?.interpreter ?? '')), [false, false, true])
    assert.equal(readdirSync(join(fixture.engine, 'emulators/arm64')).length, 1)
  })
  const none: readonly (readonly [what: string, prepare: (fixture: Fixture) => void, architecture?: string])[] = [
    ['another architecture', () => undefined, 'riscv64'],
    ['an emulator that knows no other cipher', ({ writeEmulator }) => writeEmulator('pauth')],
    ['an emulator without room', ({ writeEmulator }) => writeEmulator('pauth-impdef', [])],
    ['an emulator that is gone', ({ folder }) => rmSync(join(folder, 'qemu-aarch64-static'))],
    ['code that reads other tables', ({ writeCode }) => writeCode('PELTWIN0')],
    ['a folder that cannot be written', ({ engine }) => writeFileSync(engine, '')],
  ]
  for (const [what, prepare, architecture] of none) {
    it(`is not made for ${what}`, async () => {
      using fixture = open()
      prepare(fixture)
      assert.equal(await fixture.tune(architecture), undefined)
    })
  }
})

interface Fixture extends Disposable {
  readonly folder: string
  /** Where copies are kept. */
  readonly engine: string
  readonly writeEmulator: (words: string, notes?: Parameters<typeof makeEmulator>[0]) => void
  readonly writeCode: (words: string) => void
  tune(architecture?: string): Promise<TunedEmulator | undefined>
}

function open(): Fixture {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-tuned-'))
  const [engine, path, codePath] = ['engine', 'qemu-aarch64-static', 'pelago-twin'].map((name) => join(folder, name)) as [string, string, string]
  const fixture: Fixture = {
    folder,
    engine,
    writeEmulator: (words, notes = [NOTE]) => writeFileSync(path, Buffer.concat([makeEmulator([...LOADS, ...notes]), Buffer.from(words)])),
    writeCode: (words) => writeFileSync(codePath, words),
    tune: (architecture = 'arm64') => tuneEmulator(find(architecture), path, { folder: engine, codePath }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
  fixture.writeEmulator('pauth-impdef')
  fixture.writeCode(`code ${TABLE_FORMAT}`)
  return fixture
}

function find(name: string): EmulatedArchitecture {
  const found = EMULATED_ARCHITECTURES.find(({ architecture }) => architecture === name)
  assert.ok(found !== undefined)
  return found
}
