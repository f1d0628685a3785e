import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Explanation } from '../../src/cli/platforms/explanation.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { pathWithout } from '../support/programPath.ts'
import { missing } from '../support/requires.ts'

describe('pelago platforms explain', { skip: missing('crun', 'qemu-arm-static') }, () => {
  let pelago: Pelago
  before(async () => {
    pelago = await openPelago()
  })
  after(() => pelago[Symbol.asyncDispose]())

  const explain = async (...args: readonly string[]): Promise<Explanation> => JSON.parse((await pelago.succeed(['platforms', 'explain', ...args, '--format', 'json'])).stdout) as Explanation

  it("tells of the machine's own platform where none is named, and of what else runs natively", async () => {
    const { platform, runs, machine } = await explain()
    assert.deepEqual([platform, runs.kind], [machine.native[0], 'native'])
    const listed = (await pelago.succeed(['platforms', '--format', '{{.platform}} {{.runs}}'])).stdout
    assert.deepEqual(machine.native, [...listed.matchAll(/^(\S+) natively$/gm)].map(([, name]) => name))
  })
  it('names emulator and version of what is emulated', async () => {
    const { stdout } = await pelago.succeed(['platforms', 'explain', 'armel'])
    assert.match(stdout, /^linux\/arm\/v6: 32-bit Arm/)
    assert.match(stdout, /written +armel is another way to write linux\/arm\/v6$/m)
    assert.match(stdout, /runs here +emulated by qemu-arm \d+\.\d+\S* \(\/\S+\)/)
  })
  it('ends with 1 where it does not run here, and says what to do', async () => {
    const windows = await pelago.run(['platforms', 'explain', 'windows/amd64'])
    assert.equal(windows.exitCode, 1)
    assert.match(windows.stdout, /runs here +no: .*only programs of linux run here\n +do +choose linux\/amd64/)
  })
  it('names the package of an emulator that is missing', async () => {
    const env = { PATH: await pathWithout(pelago, /^qemu-/), PELAGO_ROOT: join(pelago.folder, 'without-qemu') }
    const found = await pelago.run(['platforms', 'explain', 'linux/s390x', '--format', 'json'], { env })
    assert.equal(found.exitCode, 1)
    const { runs } = JSON.parse(found.stdout) as Explanation
    assert.ok(runs.kind === 'missing' && runs.reason.includes('qemu-s390x is not installed') && runs.remedy.includes('qemu'), found.stdout)
  })
  it('ends with 2 on what is no platform, and starts no engine for that', async () => {
    const found = await pelago.run(['platforms', 'explain', 'linux/arm/v99', '--builder', 'unix:///nowhere'])
    assert.deepEqual([found.exitCode, found.stdout], [2, ''])
    assert.match(found.stderr, /no such platform: "linux\/arm\/v99": arm has no variant "v99"[^]*the nearest is linux\/arm\/v7/)
  })
})
