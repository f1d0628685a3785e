import { installHint } from '../../../executor/packages.ts'
import type { LauncherFacts, MachineFacts, RuntimeFacts } from '../examine/machineFacts.ts'
import { ok, type Finding } from '../finding.ts'
import { judgeCertificates, judgeEngine, judgeLogins, judgeProxies, judgeSettings } from './judgeAccess.ts'
import { judgeEmulators } from './judgeEmulators.ts'
import { BUILD_LAUNCHER, judgeNamespaces } from './judgeNamespaces.ts'
import { judgeCgroups, judgeClock, judgeMemory, judgeStore, judgeTemporary } from './judgeSystem.ts'

const LEAST_NODE_MAJOR = 24

/** What the facts mean for builds on this machine. */
export function judgeMachine(facts: MachineFacts): readonly Finding[] {
  return [
    ok('processor', facts.nativePlatforms.join(', ')),
    ok('pelago', facts.version),
    judgeNode(facts.nodeVersion),
    judgeKernel(facts),
    judgeLauncher(facts.launcher),
    ...judgeNamespaces(facts),
    judgeRuntime(facts.runtime, facts.osRelease),
    judgeCgroups(facts.cgroups),
    ...judgeStore(facts.store),
    judgeTemporary(facts.temporary),
    judgeMemory(facts.memory),
    judgeClock(facts.clock),
    ...judgeSettings(facts.settings),
    ...judgeCertificates(facts.certificates),
    ...judgeProxies(facts.proxies),
    ...judgeLogins(facts.logins),
    ...judgeEngine(facts.engine, facts.version),
    ...judgeEmulators(facts),
  ]
}

function judgeNode(version: string): Finding {
  const isNew = Number(/^v?(\d+)/.exec(version)?.[1] ?? 0) >= LEAST_NODE_MAJOR
  return isNew ? ok('node', version) : { check: 'node', state: 'fail', detail: version, remedy: `install Node ${LEAST_NODE_MAJOR} or newer, or let PELAGO_NODE name one` }
}

interface KernelFeature {
  readonly since: readonly [major: number, minor: number]
  readonly loss: string
  /** That of the probe which shows that a distribution has brought it to an older kernel. */
  readonly facility: string
}

const KERNEL_FEATURES: readonly KernelFeature[] = [
  { since: [6, 7], loss: 'emulators cannot be registered in private', facility: 'binfmt' },
  { since: [5, 11], loss: 'overlayfs is root\'s only', facility: 'overlay' },
]

function judgeKernel({ kernelRelease, facilities }: MachineFacts): Finding {
  const check = 'kernel'
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10))
  const missing = KERNEL_FEATURES.filter(({ since, facility }) => (major < since[0] || (major === since[0] && minor < since[1])) && facilities.get(facility)?.kind !== 'works')
  const [newest] = missing
  if (newest === undefined) return ok(check, kernelRelease)
  return { check, state: 'warn', detail: `${kernelRelease}: ${missing.map(({ loss }) => loss).join(', and ')}`, remedy: `use Linux ${newest.since.join('.')} or newer, or the machine's registrations (see docs/emulation.md)` }
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

function judgeRuntime(runtime: RuntimeFacts, osRelease: string): Finding {
  const check = 'crun'
  switch (runtime.kind) {
    case 'found': {
      const detail = `${runtime.version} at ${runtime.path}`
      if (!runtime.features.includes('SECCOMP')) return { check, state: 'warn', detail: `${detail}, built without seccomp: steps are not confined by it`, remedy: `a crun of the distribution: ${installHint('crun', osRelease)}` }
      return ok(check, detail)
    }
    case 'broken':
      return { check, state: 'fail', detail: `${runtime.path} does not start: ${runtime.reason}`, remedy: `install it again: ${installHint('crun', osRelease)}` }
    case 'missing':
      return { check, state: 'fail', detail: 'not installed', remedy: installHint('crun', osRelease) }
  }
}
