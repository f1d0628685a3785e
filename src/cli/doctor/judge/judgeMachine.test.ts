import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EmulatedArchitecture } from '../../../executor/emulation/architectures.ts'
import { isFine, type Finding } from '../finding.ts'
import { judgeMachine } from './judgeMachine.ts'
import type { Attempt, EmulatorFacts, MachineFacts } from '../examine/machineFacts.ts'

const WORKS: Attempt = { kind: 'works' }
const ARM64: EmulatedArchitecture = { architecture: 'arm64', variants: [], qemuName: 'aarch64', magic: '7f45', mask: 'ffff' }
const EMULATOR: EmulatorFacts = { architecture: ARM64, search: { kind: 'found', qemu: { name: 'qemu-aarch64', path: '/bin/qemu-aarch64' } }, registered: undefined, install: 'install qemu' }

const WELL: MachineFacts = {
  nodeVersion: 'v24.1.0',
  kernelRelease: '6.7.0-1-amd64',
  user: { name: 'ada', isRoot: false, hasIdTools: true, subordinateIds: 65_536 },
  nativePlatforms: ['linux/amd64', 'linux/386'],
  launcher: { kind: 'pelago-ns', path: '/opt/pelago-ns' },
  facilities: facilities({}),
  runtime: { kind: 'found', path: '/usr/bin/crun', version: '1.8' },
  emulators: [EMULATOR],
  store: { root: '/store', problem: undefined, freeBytes: 50e9 },
  settings: WORKS,
  logins: { kind: 'read', paths: ['/home/ada/.docker/config.json'], helpers: [{ program: 'docker-credential-pass', isInstalled: true }] },
  engine: { kind: 'running', socket: '/run/engine.sock' },
}

function facilities(failing: Readonly<Record<string, string>>): ReadonlyMap<string, Attempt> {
  return new Map(['user-namespace', 'id-range', 'proc', 'binfmt', 'cgroup', 'overlay'].map((name) => [name, failing[name] === undefined ? WORKS : { kind: 'fails', reason: failing[name] }]))
}

function emulated(change: Partial<EmulatorFacts>, binfmt: Readonly<Record<string, string>> = {}): Partial<MachineFacts> {
  return { emulators: [{ ...EMULATOR, ...change }], facilities: facilities(binfmt) }
}

interface Case {
  readonly name: string
  readonly change: Partial<MachineFacts>
  /** The finding that differs from those of a machine that has everything. */
  readonly check: string
  readonly state: Finding['state']
  readonly detail: RegExp
  readonly remedy: RegExp
}

const NO_PRIVATE = { binfmt: 'Operation not permitted' }

const CASES: readonly Case[] = [
  { name: 'a Node before 24 fails', change: { nodeVersion: 'v22.3.0' }, check: 'node', state: 'fail', detail: /^v22\.3\.0$/, remedy: /Node 24/ },
  { name: 'an older kernel has no private registration', change: { kernelRelease: '6.6.9', facilities: facilities(NO_PRIVATE) }, check: 'kernel', state: 'warn', detail: /6\.6\.9/, remedy: /6\.7/ },
  { name: 'unshare stands in for pelago-ns', change: { launcher: { kind: 'unshare', path: '/bin/unshare' } }, check: 'launcher', state: 'warn', detail: /\/bin\/unshare/, remedy: /make -C native/ },
  { name: 'what unshare cannot do, pelago-ns may', change: { launcher: { kind: 'unshare', path: '/bin/unshare' }, facilities: new Map([['user-namespace', { kind: 'fails', reason: 'unshare: no; really' }]]) }, check: 'namespaces', state: 'fail', detail: /^unshare: no; really$/, remedy: /make -C native/ },
  { name: 'an emulator that unshare cannot register is told how', change: { launcher: { kind: 'unshare', path: '/bin/unshare' }, facilities: facilities(NO_PRIVATE) }, check: 'linux/arm64', state: 'warn', detail: /not registered/, remedy: /make -C native/ },
  { name: 'neither of the two fails', change: { launcher: { kind: 'none' }, facilities: new Map() }, check: 'launcher', state: 'fail', detail: /no unshare/, remedy: /make -C native/ },
  { name: 'forbidden namespaces are missing, with the remedy of the launcher', change: { facilities: new Map([['user-namespace', { kind: 'fails', reason: 'a is 0; set it to 1' }]]) }, check: 'namespaces', state: 'fail', detail: /^a is 0$/, remedy: /^set it to 1$/ },
  { name: 'a user without ids is told the command', change: { user: { ...WELL.user, subordinateIds: 0 } }, check: 'user ids', state: 'warn', detail: /one owner/, remedy: /^sudo usermod .* ada$/ },
  { name: 'a user without newuidmap is told the package', change: { user: { ...WELL.user, hasIdTools: false } }, check: 'user ids', state: 'warn', detail: /newuidmap/, remedy: /uidmap/ },
  { name: 'unshare cannot do without ids', change: { user: { ...WELL.user, subordinateIds: 0 }, launcher: { kind: 'unshare', path: '/bin/unshare' } }, check: 'user ids', state: 'fail', detail: /one owner/, remedy: /usermod/ },
  { name: 'ids that cannot be mapped are told with their reason', change: { facilities: facilities({ 'id-range': 'newuidmap was refused; it needs its setuid bit' }) }, check: 'user ids', state: 'warn', detail: /refused$/, remedy: /setuid/ },
  { name: 'without overlayfs layers are copied', change: { facilities: facilities({ overlay: 'Operation not permitted' }) }, check: 'overlayfs', state: 'warn', detail: /not permitted: layers are copied/, remedy: /5\.11/ },
  { name: 'crun fails', change: { runtime: { kind: 'missing' } }, check: 'crun', state: 'fail', detail: /not installed/, remedy: /crun/ },
  { name: 'a crun that does not start fails', change: { runtime: { kind: 'broken', path: '/bin/crun', reason: 'no libc' } }, check: 'crun', state: 'fail', detail: /no libc/, remedy: /again/ },
  { name: 'a store that cannot be written to fails', change: { store: { root: '/ro', problem: 'the disk is read-only', freeBytes: 0 } }, check: 'store', state: 'fail', detail: /^\/ro: the disk/, remedy: /PELAGO_ROOT/ },
  { name: 'a store with little space is told', change: { store: { root: '/s', problem: undefined, freeBytes: 3e6 } }, check: 'store', state: 'warn', detail: /3MB free/, remedy: /prune/ },
  { name: 'broken settings are missing', change: { settings: { kind: 'fails', reason: 'config.json is not JSON' } }, check: 'settings', state: 'fail', detail: /not JSON/, remedy: /repair/ },
  { name: 'broken logins are missing', change: { logins: { kind: 'unreadable', reason: 'config.json is not JSON' } }, check: 'logins', state: 'fail', detail: /not JSON/, remedy: /log in/ },
  { name: 'a helper that is not installed is told', change: { logins: { kind: 'read', paths: [], helpers: [{ program: 'docker-credential-x', isInstalled: false }] } }, check: 'login helper', state: 'warn', detail: /docker-credential-x/, remedy: /credsStore/ },
  { name: 'an engine without a place for its socket fails', change: { engine: { kind: 'homeless', reason: 'not yours', remedy: 'chmod it' } }, check: 'engine', state: 'fail', detail: /not yours/, remedy: /chmod it/ },
  { name: 'an emulator that is not installed is told with its package', change: emulated({ search: { kind: 'missing' } }), check: 'linux/arm64', state: 'warn', detail: /no emulator/, remedy: /^install qemu$/ },
  { name: 'an emulator that is not static is of no use', change: emulated({ search: { kind: 'dynamic', path: '/bin/q' } }), check: 'linux/arm64', state: 'warn', detail: /\/bin\/q is not a static/, remedy: /^install qemu$/ },
  { name: 'an emulator that nobody registered is told how to', change: emulated({}, NO_PRIVATE), check: 'linux/arm64', state: 'warn', detail: /not registered/, remedy: /echo ':pelago-aarch64:.*> \/proc/ },
]

describe('what the doctor says', () => {
  it('is that all works, where all does', () => {
    const findings = judgeMachine(WELL)
    assert.deepEqual(findings.filter(({ state }) => state !== 'ok'), [])
    assert.equal(isFine(findings), true)
  })
  for (const { name, change, check, state, detail, remedy } of CASES) {
    it(name, () => {
      const findings = judgeMachine({ ...WELL, ...change })
      const found = findings.findLast((finding) => finding.check === check)
      assert.equal(found?.state, state)
      assert.match(found.detail, detail)
      assert.match(found.remedy ?? '', remedy)
      assert.equal(isFine(findings), state !== 'fail')
    })
  }
  it('is that the machine emulates, where it registered an emulator', () => {
    const findings = judgeMachine({ ...WELL, ...emulated({ search: { kind: 'missing' }, registered: '/bin/host-qemu' }, NO_PRIVATE) })
    assert.deepEqual(findings.at(-1), { check: 'linux/arm64', state: 'ok', detail: '/bin/host-qemu, registered by the machine', remedy: undefined })
  })
  it('is nothing of ids to root, who has them all', () => {
    assert.deepEqual(judgeMachine({ ...WELL, user: { ...WELL.user, isRoot: true, subordinateIds: 0 } }).filter(({ check }) => check === 'user ids'), [])
  })
  it('takes an older kernel for new where the private registration works', () => {
    assert.equal(judgeMachine({ ...WELL, kernelRelease: '5.14.0-el9' }).find(({ check }) => check === 'kernel')?.state, 'ok')
  })
})
