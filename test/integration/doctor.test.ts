import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Finding } from '../../src/cli/doctor/finding.ts'
import { openPelago, runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

const COMMAND = join(import.meta.dirname, '../../src/cli/main.ts')

function parseFindings({ stdout }: CommandResult): ReadonlyMap<string, Finding> {
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] }
  return new Map(findings.map((finding) => [finding.check, finding]))
}

describe('pelago doctor, where builds can run', { skip: missing('crun', 'qemu-aarch64-static') }, () => {
  let pelago: Pelago
  before(async () => {
    pelago = await openPelago()
  })
  after(() => pelago[Symbol.asyncDispose]())

  it('says it of each finding by a template', async () => {
    assert.match((await pelago.succeed(['doctor', '--format', '{{.Check}}={{.State}}'])).stdout, /^crun=ok$/m)
  })
  it('takes --json for --format json, and not both', async () => {
    assert.equal(parseFindings(await pelago.succeed(['doctor', '--json'])).get('crun')?.state, 'ok')
    assert.equal((await pelago.run(['doctor', '--json', '--format', 'json'])).exitCode, 2)
  })
  it('says so to people, without colours where they are not wanted', async () => {
    const { stdout } = await pelago.succeed(['doctor'])
    assert.match(stdout, /^✔ crun +\S+ at \/\S+\/crun$/m)
    assert.match(stdout, /^builds for linux\/\w+ can run here$/m)
    assert.doesNotMatch(stdout, /\u001b/)
  })
  it('knows whether an engine runs', async () => {
    await pelago.succeed(['platforms'])
    assert.equal(parseFindings(await pelago.succeed(['doctor', '--format', 'json'])).get('engine')?.detail.split(' ')[0], 'running')
    const other = { PELAGO_ROOT: join(pelago.folder, 'other-store') }
    assert.equal(parseFindings(await pelago.succeed(['doctor', '--format', 'json'], { env: other })).get('engine')?.detail, 'not running: the next command starts it')
  })
})

describe('pelago doctor, where something is missing', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pelago-doctor-'))
  })
  after(() => rm(folder, { recursive: true }))

  const doctor = (env: Readonly<Record<string, string>>): Promise<CommandResult> =>
    runCommand([process.execPath, COMMAND, 'doctor', '--format', 'json'], { env: { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_RUNTIME_DIR: folder, PELAGO_ROOT: join(folder, 'store'), ...env } })

  it('ends with 1 and says which program to install', async () => {
    const result = await doctor({ PATH: folder })
    assert.equal(result.exitCode, 1)
    const findings = parseFindings(result)
    assert.deepEqual([findings.get('crun')?.state, findings.get('crun')?.remedy], ['fail', 'install the package crun'])
    assert.equal(findings.get('linux/s390x')?.detail, 'no emulator')
  })
  it('ends with 1 where a config cannot be read, and names it', async () => {
    const docker = join(folder, 'docker')
    await mkdir(docker)
    await writeFile(join(docker, 'config.json'), '{')
    const result = await doctor({ DOCKER_CONFIG: docker })
    assert.equal(result.exitCode, 1)
    assert.equal(parseFindings(result).get('logins')?.detail, `${docker}/config.json is not JSON`)
  })
  it('tells of a credential helper that is not there', async () => {
    const docker = join(folder, 'helped')
    await mkdir(docker)
    await writeFile(join(docker, 'config.json'), '{"credsStore":"none-such"}')
    assert.match(parseFindings(await doctor({ DOCKER_CONFIG: docker })).get('login helper')?.detail ?? '', /^docker-credential-none-such is not installed/)
  })
})
