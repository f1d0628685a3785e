import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EmulatedArchitecture } from '../../../executor/emulation/architectures.ts'
import { isFine, type Finding } from '../finding.ts'
import { judgeMachine } from './judgeMachine.ts'
import type { Attempt, EmulatorFacts, IdToolFacts, MachineFacts, RegistrationFacts } from '../examine/machineFacts.ts'

const WORKS: Attempt = { kind: 'works' }
const ARM64: EmulatedArchitecture = { architecture: 'arm64', variants: [], qemuName: 'aarch64', magic: '7f45', mask: 'ffff' }
const QEMU = { kind: 'found', qemu: { name: 'qemu-aarch64', path: '/bin/qemu-aarch64' } } as const
const EMULATOR: EmulatorFacts = { architecture: ARM64, search: QEMU, version: '7.2.22', registered: undefined, install: 'install qemu' }
const REGISTRATION: RegistrationFacts = { name: 'qemu-aarch64', interpreter: '/bin/host-qemu', flags: 'POCF', offset: 0, magic: '7f45', isEnabled: true, architecture: 'arm64', isInterpreterThere: true }
const ID_TOOLS: readonly IdToolFacts[] = ['newuidmap', 'newgidmap'].map((program) => ({ program, path: `/bin/${program}`, isPrivileged: true }))

const WELL: MachineFacts = {
  version: '1.0.0',
  nodeVersion: 'v24.1.0',
  kernelRelease: '6.7.0-1-amd64',
  osRelease: 'ID=debian\n',
  user: { name: 'ada', isRoot: false, idTools: ID_TOOLS, subordinateIds: 65_536 },
  nativePlatforms: ['linux/amd64', 'linux/386'],
  launcher: { kind: 'pelago-ns', path: '/opt/pelago-ns' },
  facilities: facilities({}),
  limits: { maxNamespaces: new Map([['user', 15_000]]), isContainer: false, hasSeccompFilter: false },
  runtime: { kind: 'found', path: '/usr/bin/crun', version: '1.8', features: ['SECCOMP'] },
  registrations: [REGISTRATION],
  emulators: [EMULATOR],
  store: { path: '/store', problem: undefined, freeBytes: 50e9, freeInodes: 1e6, otherOwner: undefined, database: WORKS, leftovers: 0 },
  temporary: { path: '/tmp', problem: undefined, freeBytes: 50e9, freeInodes: undefined },
  memory: { totalBytes: 8e9, availableBytes: 4e9, freeSwapBytes: 0, limitBytes: undefined },
  cgroups: { kind: 'v2', controllers: ['cpu', 'memory'], isDelegated: true },
  clock: { now: new Date('2026-03-01T12:00:00Z'), newestFile: { path: '/etc/os-release', at: new Date('2026-02-01T00:00:00Z') }, isSynchronized: true },
  settings: WORKS,
  certificates: [{ path: '/certs.d/host/ca.crt', problem: undefined }],
  proxies: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128', problem: undefined }],
  logins: { kind: 'read', paths: ['/home/ada/.docker/config.json'], helpers: [{ program: 'docker-credential-pass', answer: WORKS }] },
  engine: { kind: 'running', socket: '/run/engine.sock', version: '1.0.0', pid: 7, memoryBytes: 1e8, staleSockets: [] },
}

function facilities(failing: Readonly<Record<string, string>>): ReadonlyMap<string, Attempt> {
  return new Map(['user-namespace', 'id-range', 'proc', 'binfmt', 'cgroup', 'overlay'].map((name) => [name, failing[name] === undefined ? WORKS : { kind: 'fails', reason: failing[name] }]))
}

function emulated(change: Partial<EmulatorFacts>, binfmt: Readonly<Record<string, string>> = {}): Partial<MachineFacts> {
  return { emulators: [{ ...EMULATOR, ...change }], facilities: facilities(binfmt) }
}

function registered(change: Partial<RegistrationFacts>): Partial<MachineFacts> {
  return { registrations: [{ ...REGISTRATION, ...change }] }
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
  { name: 'a user without ids is told the command', change: { user: { ...WELL.user, subordinateIds: 0 } }, check: 'user ids', state: 'warn', detail: /one owner/, remedy: /^sudo usermod --add-subuids \S+ --add-subgids \S+ ada$/ },
  { name: 'a user without newuidmap is told the package', change: { user: { ...WELL.user, idTools: [{ program: 'newuidmap', path: undefined, isPrivileged: false }] } }, check: 'user ids', state: 'warn', detail: /newuidmap is not installed/, remedy: /^apt-get install uidmap$/ },
  { name: 'unshare cannot do without ids', change: { user: { ...WELL.user, subordinateIds: 0 }, launcher: { kind: 'unshare', path: '/bin/unshare' } }, check: 'user ids', state: 'fail', detail: /one owner/, remedy: /usermod/ },
  { name: 'ids that cannot be mapped are told with their reason', change: { facilities: facilities({ 'id-range': 'newuidmap was refused; it needs its setuid bit' }) }, check: 'user ids', state: 'warn', detail: /refused$/, remedy: /setuid/ },
  { name: 'without overlayfs layers are copied', change: { facilities: facilities({ overlay: 'Operation not permitted' }) }, check: 'overlayfs', state: 'warn', detail: /not permitted: layers are copied/, remedy: /5\.11/ },
  { name: 'crun fails', change: { runtime: { kind: 'missing' } }, check: 'crun', state: 'fail', detail: /not installed/, remedy: /^apt-get install crun$/ },
  { name: 'a crun that does not start fails', change: { runtime: { kind: 'broken', path: '/bin/crun', reason: 'no libc' } }, check: 'crun', state: 'fail', detail: /no libc/, remedy: /again/ },
  { name: 'a store that cannot be written to fails', change: { store: { ...WELL.store, path: '/ro', problem: 'the disk is read-only' } }, check: 'store', state: 'fail', detail: /^\/ro: the disk/, remedy: /PELAGO_ROOT/ },
  { name: 'a store with little space is told', change: { store: { ...WELL.store, freeBytes: 3e6 } }, check: 'store', state: 'warn', detail: /3MB free/, remedy: /prune/ },
  { name: 'broken settings are missing', change: { settings: { kind: 'fails', reason: 'config.json is not JSON' } }, check: 'settings', state: 'fail', detail: /not JSON/, remedy: /repair/ },
  { name: 'broken logins are missing', change: { logins: { kind: 'unreadable', reason: 'config.json is not JSON' } }, check: 'logins', state: 'fail', detail: /not JSON/, remedy: /log in/ },
  { name: 'a helper that is not installed is told', change: { logins: { kind: 'read', paths: [], helpers: [{ program: 'docker-credential-x', answer: undefined }] } }, check: 'login helper', state: 'warn', detail: /docker-credential-x/, remedy: /credsStore/ },
  { name: 'an engine without a place for its socket fails', change: { engine: { kind: 'homeless', reason: 'not yours', remedy: 'chmod it' } }, check: 'engine', state: 'fail', detail: /not yours/, remedy: /chmod it/ },
  { name: 'an emulator that is not installed is told with its package', change: emulated({ search: { kind: 'missing' } }), check: 'linux/arm64', state: 'warn', detail: /no emulator/, remedy: /^install qemu$/ },
  { name: 'an emulator that is not static is of no use', change: emulated({ search: { kind: 'dynamic', path: '/bin/q' } }), check: 'linux/arm64', state: 'warn', detail: /\/bin\/q is not a static/, remedy: /^install qemu$/ },
  { name: 'an emulator that nobody registered is told how to', change: emulated({}, NO_PRIVATE), check: 'linux/arm64', state: 'warn', detail: /not registered/, remedy: /echo ':pelago-aarch64:.*> \/proc/ },
  { name: 'an older kernel says all that it lacks', change: { kernelRelease: '5.4.0', facilities: facilities({ binfmt: 'no', overlay: 'no' }) }, check: 'kernel', state: 'warn', detail: /in private, and overlayfs/, remedy: /6\.7/ },
  { name: 'namespaces that a container forbids are opened by its options', change: { limits: { ...WELL.limits, isContainer: true }, facilities: new Map([['user-namespace', { kind: 'fails', reason: 'a seccomp profile forbids them' }]]) }, check: 'namespaces', state: 'fail', detail: /forbids them, in a container$/, remedy: /--security-opt seccomp=unconfined/ },
  { name: 'a low limit of namespaces is told with the setting', change: { limits: { ...WELL.limits, maxNamespaces: new Map([['user', 15_000], ['mnt', 4]]) } }, check: 'namespaces', state: 'warn', detail: /^user\.max_mnt_namespaces is 4/, remedy: /^sudo sysctl -w user\.max_mnt_namespaces=15000$/ },
  { name: 'a newuidmap without rights is told', change: { user: { ...WELL.user, idTools: [{ program: 'newuidmap', path: '/opt/newuidmap', isPrivileged: false }] } }, check: 'user ids', state: 'warn', detail: /^\/opt\/newuidmap is neither setuid root/, remedy: /^sudo chmod u\+s \/opt\/newuidmap$/ },
  { name: 'a short range of ids is told', change: { user: { ...WELL.user, subordinateIds: 1_000 } }, check: 'user ids', state: 'warn', detail: /^1000 of .* up to 65535/, remedy: /usermod/ },
  { name: 'a crun without seccomp is told', change: { runtime: { kind: 'found', path: '/crun', version: '1', features: [] } }, check: 'crun', state: 'warn', detail: /without seccomp/, remedy: /apt-get install crun/ },
  { name: 'a store without room for files is told', change: { store: { ...WELL.store, freeInodes: 3 } }, check: 'store', state: 'warn', detail: /3 files can still be made/, remedy: /prune/ },
  { name: "another user's store fails", change: { store: { ...WELL.store, otherOwner: '1001' } }, check: 'store', state: 'fail', detail: /belongs to the user with the id 1001/, remedy: /PELAGO_ROOT/ },
  { name: 'a broken database fails', change: { store: { ...WELL.store, database: { kind: 'fails', reason: 'file is not a database' } } }, check: 'database', state: 'fail', detail: /^\/store\/state\.db cannot be used: file is not/, remedy: /^mv \/store\/state\.db / },
  { name: 'a full folder for temporary files is told', change: { temporary: { ...WELL.temporary, freeBytes: 1e6 } }, check: 'temporary files', state: 'warn', detail: /1MB free/, remedy: /TMPDIR/ },
  { name: 'no folder for temporary files fails', change: { temporary: { ...WELL.temporary, problem: 'it cannot be written to' } }, check: 'temporary files', state: 'fail', detail: /^\/tmp: it cannot/, remedy: /TMPDIR/ },
  { name: 'little memory is told', change: { memory: { ...WELL.memory, availableBytes: 1e8 } }, check: 'memory', state: 'warn', detail: /^100MB of 8GB/, remedy: /swap/ },
  { name: 'a small limit of memory is told', change: { memory: { ...WELL.memory, limitBytes: 2e8 } }, check: 'memory', state: 'warn', detail: /limited to 200MB/, remedy: /container/ },
  { name: 'a clock before the newest file is told', change: { clock: { ...WELL.clock, now: new Date('2020-01-01T00:00:00Z') } }, check: 'clock', state: 'warn', detail: /^2020-01-01 00:00 UTC, but \/etc\/os-release is from 2026-02-01/, remedy: /set-ntp/ },
  { name: 'a certificate that is no good is told', change: { certificates: [{ path: '/c/x.crt', problem: 'it has expired' }] }, check: 'certificates', state: 'warn', detail: /^\/c\/x\.crt: it has expired$/, remedy: /remove it/ },
  { name: 'a proxy that is no URL is told', change: { proxies: [{ name: 'HTTP_PROXY', value: 'set', problem: 'it is no URL' }] }, check: 'proxies', state: 'warn', detail: /^HTTP_PROXY is set: it is no URL/, remedy: /http:\/\/host:port/ },
  { name: 'two proxies of one kind are told', change: { proxies: [{ name: 'HTTP_PROXY', value: 'http://a', problem: undefined }, { name: 'http_proxy', value: 'http://b', problem: undefined }] }, check: 'proxies', state: 'warn', detail: /http_proxy and HTTP_PROXY differ/, remedy: /export HTTP_PROXY="\$http_proxy"/ },
  { name: 'a helper that does not answer is told', change: { logins: { kind: 'read', paths: [], helpers: [{ program: 'docker-credential-x', answer: { kind: 'fails', reason: 'locked' } }] } }, check: 'login helper', state: 'warn', detail: /does not answer: locked/, remedy: /docker-credential-x list/ },
  { name: 'an engine of another version is told', change: { engine: { kind: 'running', socket: '/s', version: '0.9', pid: undefined, memoryBytes: undefined, staleSockets: [] } }, check: 'engine', state: 'warn', detail: /running: 0\.9.*not of this version, 1\.0\.0/, remedy: /wait/ },
  { name: 'sockets of killed engines are told', change: { engine: { kind: 'idle', staleSockets: ['/r/a.sock', '/r/b.sock'] } }, check: 'sockets', state: 'warn', detail: /^2 of engines/, remedy: /^rm \/r\/a\.sock \/r\/b\.sock$/ },
  { name: 'a registration whose interpreter is gone is told', change: registered({ flags: 'OC', isInterpreterThere: false }), check: 'host binfmt', state: 'warn', detail: /\/bin\/host-qemu is not there any more/, remedy: /^sudo sh -c 'echo -1 > \/proc\/sys\/fs\/binfmt_misc\/qemu-aarch64'$/ },
  { name: 'a registration without F is told', change: registered({ flags: 'POC' }), check: 'host binfmt', state: 'warn', detail: /without the flag F/, remedy: /POCF/ },
  { name: 'a registration that is disabled is told', change: registered({ isEnabled: false }), check: 'host binfmt', state: 'warn', detail: /disabled/, remedy: /echo 1 >/ },
  { name: 'a registration without C is told where it is used', change: { ...registered({ flags: 'PF' }), facilities: facilities(NO_PRIVATE) }, check: 'host binfmt', state: 'warn', detail: /sudo get no rights/, remedy: /POCF/ },
  { name: 'a registration without P is told where it is used', change: { ...registered({ flags: 'OCF' }), facilities: facilities(NO_PRIVATE) }, check: 'host binfmt', state: 'warn', detail: /by which name/, remedy: /POCF/ },
  { name: 'two registrations for one architecture are told', change: { registrations: [REGISTRATION, { ...REGISTRATION, name: 'other' }] }, check: 'host binfmt', state: 'warn', detail: /qemu-aarch64 and other are both for arm64/, remedy: /qemu-aarch64'$/ },
  { name: 'a QEMU that is too old is told', change: emulated({ version: '5.2.0' }), check: 'linux/arm64', state: 'warn', detail: /QEMU 5\.2\.0: before 6\.0/, remedy: /a newer QEMU: install qemu/ },
  { name: 'a QEMU with a known fault is told', change: emulated({ version: '9.2.0' }), check: 'linux/arm64', state: 'warn', detail: /libc-bin/, remedy: /newer/ },
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
    assert.deepEqual(findings.at(-1), { check: 'linux/arm64', state: 'ok', detail: '/bin/host-qemu, QEMU 7.2.22, registered by the machine', remedy: undefined })
  })
  it('is nothing of ids to root, who has them all', () => {
    assert.deepEqual(judgeMachine({ ...WELL, user: { ...WELL.user, isRoot: true, subordinateIds: 0 } }).filter(({ check }) => check === 'user ids'), [])
  })
  it('takes an older kernel for new where the private registration works', () => {
    assert.equal(judgeMachine({ ...WELL, kernelRelease: '5.14.0-el9' }).find(({ check }) => check === 'kernel')?.state, 'ok')
  })
})
