import { installHint } from '../../../executor/packages.ts'
import type { MachineFacts } from '../examine/machineFacts.ts'
import { ok, type Finding } from '../finding.ts'

export const BUILD_LAUNCHER = 'make -C native'
/** What images are made for: ids up to 65534, and nobody's. */
const WANTED_IDS = 65_536
/** An engine, its steps and what is nested in them take some at once. */
const LEAST_NAMESPACES = 32

/** Whether the engine may have namespaces of its own, and what is in them. */
export function judgeNamespaces(facts: MachineFacts): readonly Finding[] {
  return [...judgeUserNamespace(facts), ...judgeLimits(facts), ...judgeIds(facts), ...LESSER_FACILITIES.flatMap((lesser) => judgeFacility(lesser, facts))]
}

function judgeUserNamespace({ launcher, facilities, limits }: MachineFacts): readonly Finding[] {
  const check = 'namespaces'
  const attempt = facilities.get('user-namespace')
  if (attempt === undefined) return [] // there is nothing to try it with, which the launcher says
  const container = limits.isContainer ? ', in a container' : ''
  if (attempt.kind === 'works') return [ok(check, `allowed${container}${limits.hasSeccompFilter ? ', with a seccomp filter' : ''}`)]
  const { detail, remedy } = splitReason(attempt.reason)
  if (launcher.kind === 'unshare') return [{ check, state: 'fail', detail: attempt.reason, remedy: BUILD_LAUNCHER }]
  const inContainer = limits.isContainer || limits.hasSeccompFilter
  const opened = 'start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined'
  return [{ check, state: 'fail', detail: `${detail}${container}`, remedy: remedy ?? (inContainer ? opened : 'allow user namespaces; in a container, allow unshare and mount') }]
}

/** `pelago-ns` says what is wrong, and behind a semicolon what to do. */
function splitReason(reason: string): { readonly detail: string; readonly remedy: string | undefined } {
  const [detail = '', remedy] = reason.split(/;\s*(.*)/s)
  return { detail, remedy }
}

/** None at all is told by what was tried. */
function judgeLimits({ limits, facilities }: MachineFacts): readonly Finding[] {
  if (facilities.get('user-namespace')?.kind !== 'works') return []
  return [...limits.maxNamespaces].flatMap(([name, limit]): readonly Finding[] => {
    if (limit >= LEAST_NAMESPACES) return []
    const setting = `user.max_${name}_namespaces`
    return [{ check: 'namespaces', state: 'warn', detail: `${setting} is ${limit}: builds with several steps at once may fail`, remedy: `sudo sysctl -w ${setting}=15000` }]
  })
}

function judgeIds({ user, launcher, facilities, osRelease }: MachineFacts): readonly Finding[] {
  if (user.isRoot) return []
  const check = 'user ids'
  // unshare maps the ranges or nothing
  const state = launcher.kind === 'unshare' ? 'fail' : 'warn'
  const loss = 'files in images can have one owner only'
  const usermod = `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user.name}`
  const missing = user.idTools.find(({ path }) => path === undefined)
  const powerless = user.idTools.find(({ isPrivileged }) => !isPrivileged)
  if (user.subordinateIds === 0) return [{ check, state, detail: `no range in /etc/subuid and /etc/subgid: ${loss}`, remedy: usermod }]
  if (missing !== undefined) return [{ check, state, detail: `${missing.program} is not installed: ${loss}`, remedy: installHint('newuidmap', osRelease) }]
  if (powerless !== undefined) return [{ check, state, detail: `${powerless.path ?? powerless.program} is neither setuid root nor has capabilities: ${loss}`, remedy: `sudo chmod u+s ${powerless.path ?? powerless.program}` }]
  const attempt = facilities.get('id-range')
  if (attempt?.kind === 'fails') {
    const { detail, remedy } = splitReason(attempt.reason)
    return [{ check, state, detail, remedy: remedy ?? usermod }]
  }
  const detail = `${user.subordinateIds} of /etc/subuid and /etc/subgid`
  return user.subordinateIds >= WANTED_IDS ? [ok(check, detail)] : [{ check, state: 'warn', detail: `${detail}: images use ids up to ${WANTED_IDS - 1}`, remedy: usermod }]
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
  { facility: 'proc', check: '/proc', use: 'private', loss: 'steps see the processes of the machine', remedy: 'in a container, leave /proc unmasked: --security-opt systempaths=unconfined' },
  { facility: 'cgroup', check: 'cgroups', use: 'private', loss: 'steps see the control groups of the machine', remedy: 'in a container, allow mount' },
  { facility: 'overlay', check: 'overlayfs', use: "works on the store's file system, with userxattr", loss: "layers are copied on the store's file system, which is slow", remedy: 'sudo modprobe overlay; rootless, it needs Linux 5.11 or newer, and a store on ext4, xfs, btrfs or tmpfs' },
  { facility: 'binfmt', check: 'binfmt_misc', use: 'private', loss: 'only emulators that the machine has registered are used', remedy: 'sudo modprobe binfmt_misc, with Linux 6.7 or newer' },
]

function judgeFacility({ facility, check, use, loss, remedy }: LesserFacility, { launcher, facilities }: MachineFacts): readonly Finding[] {
  const attempt = facilities.get(facility)
  if (attempt === undefined) return []
  if (attempt.kind === 'works') return [ok(check, use)]
  return [{ check, state: 'warn', detail: `${attempt.reason}: ${loss}`, remedy: launcher.kind === 'unshare' ? BUILD_LAUNCHER : remedy }]
}
