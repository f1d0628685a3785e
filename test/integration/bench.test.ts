import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseReport } from '../../bench/results/reportFile.ts'
import { runCommand, type CommandResult } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url))

describe('the benchmarks', { skip: missing('crun', 'docker-registry') }, () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pelago-test-'))
    await mkdir(join(folder, 'tmp'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const bench = async (...args: string[]): Promise<CommandResult> => await runCommand([process.execPath, '--disable-warning=ExperimentalWarning', MAIN, ...args], { env: { ...process.env, TMPDIR: join(folder, 'tmp') } })

  it('measure builds, keep all runs, show them again, and leave nothing behind', async () => {
    const kept = join(folder, 'results.json')
    const { exitCode, stdout, stderr } = await bench('steps', '--peer', 'none', '--runs', '1', '--format', 'json', '--output', kept)
    assert.equal(exitCode, 0, stderr)
    const report = parseReport(stdout, 'stdout')
    const samples = report.cases.flatMap(({ outcomes }) => outcomes.flatMap((outcome) => (outcome.kind === 'measured' ? outcome.samples : [])))
    assert.deepEqual(report.cases.map(({ case: name }) => name), ['10 steps', '40 steps'])
    assert.deepEqual(samples.map(({ wallMs, cpuMs = 1, peakBytes = 1 }) => wallMs > 0 && cpuMs > 0 && peakBytes > 0), [true, true], stdout)
    assert.deepEqual(await readdir(join(folder, 'tmp')), [])

    const shown = await bench('--from', kept)
    assert.equal(shown.exitCode, 0, shown.stderr)
    assert.match(shown.stdout, /^steps: More steps, small scale, one run each\ncase +builder .*\n10 steps +Pelago [^]*growth by steps +of +10 to 40\n/m)
  })

  it('say what there is where they are called wrongly', async () => {
    const { exitCode, stderr } = await bench('cold-fusion')
    assert.equal(exitCode, 2)
    assert.match(stderr, /no scenario "cold-fusion"\nhint: choose from cached, /)
  })
})
