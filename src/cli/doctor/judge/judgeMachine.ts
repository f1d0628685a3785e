import { formatRegistration } from '../../../executor/emulation/binfmt.ts'
import { formatBytes } from '../../render/measure.ts'
import { ok, type Finding } from '../finding.ts'
import type { Attempt, EmulatorFacts, EngineFacts, HelperFacts, LauncherFacts, LoginFacts, MachineFacts, RuntimeFacts, StoreFacts } from '../examine/machineFacts.ts'

/** Since then each user namespace may have a binfmt_misc of its own. */
const PRIVATE_BINFMT_KERNEL = [6, 7] as const
const LEAST_NODE_MAJOR = 24
/** With less a build of any size ends in the middle of a layer. */
const LOW_SPACE_BYTES = 2_000_000_000
const BUILD_LAUNCHER = 'make -C native'

/** What the facts mean for builds on this machine, in the order in which they are shown. */
export function judgeMachine(facts: MachineFacts): readonly Finding[] {
  return [
    ok('processor', facts.nativePlatforms.join(', ')),
    judgeNode(facts.nodeVersion),
    judgeKernel(facts),
    judgeLauncher(facts.launcher),
    ...judgeNamespaces(facts),
    ...judgeIds(facts),
    ...LESSER_FACILITIES.flatMap((lesser) => judgeFacility(lesser, facts)),
    judgeRuntime(facts.runtime),
    judgeStore(facts.store),
    ...judgeSettings(facts.settings),
    ...judgeLogins(facts.logins),
    judgeEngine(facts.engine),
    ...facts.emulators.map((emulator) => judgeEmulator(emulator, facts)),
  ]
}


function judgeNode(version: string): Finding {
  const isNew = Number(/^v?(\d+)/.exec(version)?.[1] ?? 0) >= LEAST_NODE_MAJOR
  return isNew ? ok('node', version) : { check: 'node', state: 'fail', detail: version, remedy: `install Node ${LEAST_NODE_MAJOR} or newer, or let PELAGO_NODE name one` }
}

function judgeKernel({ kernelRelease, facilities }: MachineFacts): Finding {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10))
  const [wantedMajor, wantedMinor] = PRIVATE_BINFMT_KERNEL
  const isNew = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
  // a distribution may have brought the feature to an older kernel
  if (isNew || facilities.get('binfmt')?.kind === 'works') return ok('kernel', kernelRelease)
  return { check: 'kernel', state: 'warn', detail: `${kernelRelease}: emulators cannot be registered in private`, remedy: `use Linux ${wantedMajor}.${wantedMinor} or newer, or the machine's registrations (see emulation)` }
}

function judgeLauncher(launcher: LauncherFacts): Finding {
  const check = 'launcher'
  const remedy = BUILD_LAUNCHER
  switch (launcher.kind) {
    case 'pelago-ns':
      return ok(check, launcher.path)
    case 'unshare':
      return { check, state: 'warn', detail: `pelago-ns is not built; ${launcher.path} stands in for it`, remedy }
    case 'none':
      return { check, state: 'fail', detail: 'pelago-ns is not built, and there is no unshare', remedy }
  }
}

function judgeNamespaces({ launcher, facilities }: MachineFacts): readonly Finding[] {
  const attempt = facilities.get('user-namespace')
  if (attempt === undefined) return [] // there is nothing to try it with, which the launcher says
  if (attempt.kind === 'works') return [ok('namespaces', 'allowed')]
  const said = launcher.kind === 'unshare' ? { detail: attempt.reason, remedy: BUILD_LAUNCHER } : splitReason(attempt.reason)
  return [{ check: 'namespaces', state: 'fail', ...said }]
}

/** `pelago-ns` says what is wrong, and behind a semicolon what to do. */
function splitReason(reason: string): Pick<Finding, 'detail' | 'remedy'> {
  const [detail = '', remedy] = reason.split(/;\s*(.*)/s)
  return { detail, remedy: remedy ?? 'allow user namespaces; in a container, allow unshare and mount' }
}

function judgeIds({ user, launcher, facilities }: MachineFacts): readonly Finding[] {
  if (user.isRoot) return []
  const check = 'user ids'
  // unshare maps the ranges or nothing
  const state = launcher.kind === 'unshare' ? 'fail' : 'warn'
  if (user.subordinateIds === 0) {
    return [{ check, state, detail: 'no range in /etc/subuid and /etc/subgid: files in images can have one owner only', remedy: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user.name}` }]
  }
  if (!user.hasIdTools) {
    return [{ check, state, detail: 'newuidmap is not installed: files in images can have one owner only', remedy: 'install the package uidmap (shadow-utils, shadow-uidmap)' }]
  }
  const attempt = facilities.get('id-range')
  if (attempt === undefined || attempt.kind === 'works') return [ok(check, `${user.subordinateIds} of /etc/subuid and /etc/subgid`)]
  return [{ check, state, ...splitReason(attempt.reason) }]
}

interface LesserFacility {
  readonly facility: string
  readonly check: string
  readonly use: string
  /** What becomes of builds without it. */
  readonly loss: string
  readonly remedy: string
}

const LESSER_FACILITIES: readonly LesserFacility[] = [
  { facility: 'proc', check: '/proc', use: 'private', loss: 'steps see the processes of the machine', remedy: 'in a container, leave /proc unmasked (--security-opt systempaths=unconfined)' },
  { facility: 'cgroup', check: 'cgroups', use: 'private', loss: 'steps see the control groups of the machine', remedy: 'in a container, allow mount' },
  { facility: 'overlay', check: 'overlayfs', use: 'works', loss: 'layers are copied, which is slow', remedy: 'modprobe overlay; rootless, it needs Linux 5.11 or newer' },
  { facility: 'binfmt', check: 'binfmt_misc', use: 'private', loss: 'only emulators that the machine has registered are used', remedy: 'use Linux 6.7 or newer with the module binfmt_misc' },
]

function judgeFacility({ facility, check, use, loss, remedy }: LesserFacility, { launcher, facilities }: MachineFacts): readonly Finding[] {
  const attempt = facilities.get(facility)
  if (attempt === undefined) return []
  if (attempt.kind === 'works') return [ok(check, use)]
  return [{ check, state: 'warn', detail: `${attempt.reason}: ${loss}`, remedy: launcher.kind === 'unshare' ? BUILD_LAUNCHER : remedy }]
}

function judgeRuntime(runtime: RuntimeFacts): Finding {
  const check = 'crun'
  switch (runtime.kind) {
    case 'found':
      return ok(check, `${runtime.version} at ${runtime.path}`)
    case 'broken':
      return { check, state: 'fail', detail: `${runtime.path} does not start: ${runtime.reason}`, remedy: 'install the package crun again' }
    case 'missing':
      return { check, state: 'fail', detail: 'not installed', remedy: 'install the package crun' }
  }
}

function judgeStore({ root, problem, freeBytes }: StoreFacts): Finding {
  const check = 'store'
  if (problem !== undefined) return { check, state: 'fail', detail: `${root}: ${problem}`, remedy: 'let PELAGO_ROOT name a folder that you may write to' }
  const detail = `${root}, ${formatBytes(freeBytes)} free`
  return freeBytes >= LOW_SPACE_BYTES ? ok(check, detail) : { check, state: 'warn', detail: `${detail}: too little for most builds`, remedy: 'pelago prune, or let PELAGO_ROOT name a folder on another disk' }
}

function judgeSettings(reading: Attempt): readonly Finding[] {
  return reading.kind === 'works' ? [] : [{ check: 'settings', state: 'fail', detail: reading.reason, remedy: 'repair the file, or remove it' }]
}

function judgeLogins(logins: LoginFacts): readonly Finding[] {
  const check = 'logins'
  if (logins.kind === 'unreadable') return [{ check, state: 'fail', detail: logins.reason, remedy: 'repair the file, or remove it and log in again' }]
  const files = logins.paths.length === 0 ? ok(check, 'none: registries are asked without a name') : ok(check, logins.paths.join(', '))
  return [files, ...logins.helpers.map(judgeHelper)]
}

function judgeHelper({ program, isInstalled }: HelperFacts): Finding {
  if (isInstalled) return ok('login helper', `${program} is installed`)
  return { check: 'login helper', state: 'warn', detail: `${program} is not installed: what it keeps is not used`, remedy: "install it, or take it out of Docker's config.json (credsStore, credHelpers)" }
}

function judgeEngine(engine: EngineFacts): Finding {
  switch (engine.kind) {
    case 'running':
      return ok('engine', `running at ${engine.socket}`)
    case 'idle':
      return ok('engine', 'not running: the next command starts it')
    case 'homeless':
      return { check: 'engine', state: 'fail', detail: engine.reason, remedy: engine.remedy }
  }
}

function judgeEmulator({ architecture, search, registered, install }: EmulatorFacts, { launcher, facilities }: MachineFacts): Finding {
  const check = `linux/${architecture.architecture}`
  const isPrivate = facilities.get('binfmt')?.kind === 'works'
  if (!isPrivate && registered !== undefined) return ok(check, `${registered}, registered by the machine`)
  switch (search.kind) {
    case 'missing':
      return { check, state: 'warn', detail: 'no emulator', remedy: install }
    case 'dynamic':
      return { check, state: 'warn', detail: `${search.path} is not a static program`, remedy: install }
    case 'found': {
      const { path } = search.qemu
      if (isPrivate) return ok(check, path)
      const register = `as root: echo '${formatRegistration(architecture, search.qemu)}' > /proc/sys/fs/binfmt_misc/register`
      return { check, state: 'warn', detail: `${path} is not registered`, remedy: launcher.kind === 'pelago-ns' ? register : BUILD_LAUNCHER }
    }
  }
}
