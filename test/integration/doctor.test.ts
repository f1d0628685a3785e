import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Finding } from '../../src/cli/doctor/finding.ts'
import { readOsRelease } from '../../src/executor/emulation/qemu.ts'
import { installHint } from '../../src/executor/packages.ts'
import { createOrdinaryUser, reasonAgainstUsers } from '../support/ordinaryUser.ts'
import { openPelago, runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { missing, missingForRootWork } from '../support/requires.ts'

const COMMAND = join(import.meta.dirname, '../../src/cli/main.ts')

function parseFindings({ stdout }: CommandResult): ReadonlyMap<string, Finding> {
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] }
  return new Map(findings.map((finding) => [finding.check, finding]))
}

describe('pelago doctor, where builds can run', { skip: missing('crun', 'qemu-aarch64-static') }, () => {
  let pelago: Pelago
  before(async () => {
    pelago = await openPelago({ PELAGO_LINGER: '4' })
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
    assert.match(parseFindings(await pelago.succeed(['doctor', '--format', 'json'])).get('engine')?.detail ?? '', /^running: \d\S+, process \d+ with \d+\S*MB, at \//)
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

  const environment = (): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', HOME: folder, XDG_RUNTIME_DIR: folder, PELAGO_ROOT: join(folder, 'store') })
  const doctor = (env: Readonly<Record<string, string>>): Promise<CommandResult> => runCommand([process.execPath, COMMAND, 'doctor', '--format', 'json'], { env: { ...environment(), ...env } })
  /** After `script`, in namespaces that `unshare` makes. */
  const doctorIn = (unshare: readonly string[], script: string): Promise<CommandResult> => {
    const command = `${script} && exec "$0" "$1" doctor --format json`
    return runCommand(['unshare', ...unshare, 'sh', '-c', command, process.execPath, COMMAND], { env: environment() })
  }

  it('ends with 1 and says which program to install', async () => {
    const result = await doctor({ PATH: folder })
    assert.equal(result.exitCode, 1)
    const findings = parseFindings(result)
    assert.deepEqual([findings.get('crun')?.state, findings.get('crun')?.remedy], ['fail', installHint('crun', readOsRelease())])
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
  it('tells of a credential helper that says no, and of one that says what it knows', async () => {
    const docker = join(folder, 'answering')
    await mkdir(docker)
    await writeFile(join(docker, 'config.json'), '{"credsStore":"refusing","credHelpers":{"one.example":"willing"}}')
    await writeFile(join(docker, 'docker-credential-refusing'), '#!/bin/sh\necho the keyring is locked >&2\nexit 1\n', { mode: 0o755 })
    await writeFile(join(docker, 'docker-credential-willing'), '#!/bin/sh\ntest "$1" = list && echo {}\n', { mode: 0o755 })
    const { stdout } = await doctor({ DOCKER_CONFIG: docker, PATH: `${docker}:${process.env['PATH'] ?? ''}` })
    const helpers = (JSON.parse(stdout) as { readonly findings: readonly Finding[] }).findings.filter(({ check }) => check === 'login helper')
    assert.deepEqual(helpers.map(({ state, detail }) => [state, detail]), [['warn', 'docker-credential-refusing does not answer: the keyring is locked'], ['ok', 'docker-credential-willing answers']])
  })
  it('tells of certificates that are none, and of proxies that are no URLs', async () => {
    const certs = join(folder, 'config/pelago/certs.d/registry.example')
    await mkdir(certs, { recursive: true })
    await writeFile(join(certs, 'ca.crt'), 'hello')
    const findings = parseFindings(await doctor({ XDG_CONFIG_HOME: join(folder, 'config'), HTTPS_PROXY: 'socks5://user:secret@proxy:1080' }))
    assert.equal(findings.get('certificates')?.detail, `${certs}/ca.crt: it is no certificate in PEM`)
    assert.equal(findings.get('proxies')?.detail, 'HTTPS_PROXY is socks5://proxy:1080: socks5 proxies are not supported')
  })
  it('ends with 1 where the database of the store is broken, and says how to go on', async () => {
    const root = join(folder, 'broken')
    await mkdir(root)
    await writeFile(join(root, 'state.db'), 'no database at all '.repeat(100))
    const result = await doctor({ PELAGO_ROOT: root })
    assert.equal(result.exitCode, 1)
    assert.match(parseFindings(result).get('database')?.remedy ?? '', /^mv \S+state\.db /)
  })
  it('tells of sockets that killed engines have left', async () => {
    const runtime = join(folder, 'stale')
    await mkdir(join(runtime, 'pelago'), { recursive: true, mode: 0o700 })
    const socket = join(runtime, 'pelago/0123.sock')
    const listener = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(socket)}, () => console.log('up'))`], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(listener.stdout, 'data')
    assert.equal(parseFindings(await doctor({ XDG_RUNTIME_DIR: runtime })).get('sockets'), undefined)
    listener.kill('SIGKILL')
    await once(listener, 'close')
    assert.equal(parseFindings(await doctor({ XDG_RUNTIME_DIR: runtime })).get('sockets')?.remedy, `rm ${socket}`)
  })
  it('ends with 1 where no user namespace may be made, and names the setting', { skip: missing('unshare') }, async () => {
    const result = await doctorIn(['--user', '--map-root-user'], 'echo 0 > /proc/sys/user/max_user_namespaces')
    assert.equal(result.exitCode, 1, result.stderr)
    const found = parseFindings(result).get('namespaces')
    assert.deepEqual([found?.state, found?.remedy], ['fail', 'sudo sysctl -w user.max_user_namespaces=15000'])
  })
  it('tells of a disk that is nearly full, in bytes and in files', { skip: missingForRootWork('unshare', 'mount') }, async () => {
    const place = join(folder, 'full')
    await mkdir(place)
    const result = await doctorIn(['--mount'], `mount -t tmpfs -o size=1m,nr_inodes=20 none ${place} && export PELAGO_ROOT=${place}`)
    assert.match(parseFindings(result).get('store')?.detail ?? '', /^\/.*full, 1\.05MB free, \d\d files can still be made: too little for most builds$/)
  })
  it('tells of a store on a file system that overlayfs cannot write to', { skip: missingForRootWork('unshare', 'mount') }, async () => {
    const place = join(folder, 'layered')
    await mkdir(place)
    const script = `mount -t tmpfs none ${place} && mkdir ${place}/l ${place}/u ${place}/w ${place}/m && mount -t overlay none ${place}/m -o lowerdir=${place}/l,upperdir=${place}/u,workdir=${place}/w`
    const found = parseFindings(await doctorIn(['--mount'], `${script} && export PELAGO_ROOT=${place}/m`)).get('overlayfs')
    assert.deepEqual([found?.state, found?.detail], ['warn', "Invalid argument: layers are copied on the store's file system, which is slow"])
  })
  it("tells what is wrong with the machine's own registrations", { skip: missing('unshare', 'mount') }, async () => {
    const magic = '\\x7f\\x45\\x4c\\x46\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00'
    const register = `echo ':stale:M::${magic}::/gone/qemu:OC' > /proc/sys/fs/binfmt_misc/register`
    const result = await doctorIn(['--user', '--map-root-user', '--mount'], `mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && ${register}`)
    const found = parseFindings(result).get('host binfmt')
    assert.deepEqual([found?.detail, found?.remedy], ['stale: /gone/qemu is not there any more, and programs for arm64 fail', "sudo sh -c 'echo -1 > /proc/sys/fs/binfmt_misc/stale'"], result.stderr)
  })
  it('tells an ordinary user how to get ids, and leaves nothing in the store', { skip: reasonAgainstUsers() }, async () => {
    await using user = createOrdinaryUser({ hasIdRange: false })
    const found = parseFindings(await user.pelago('doctor', '--json')).get('user ids')
    assert.deepEqual([found?.state, found?.remedy], ['warn', `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user.name}`])
    assert.equal((await readdir(user.home)).some((name) => name.startsWith('.pelago-probe')), false)
  })
})
