import type { Platform } from '../ground/platform.ts'
import { allCapabilities, SANDBOX_CAPABILITIES } from './privileges/capabilities.ts'
import type { ProcessSpec, RunMode, TerminalSize } from './executor.ts'
import type { OciRlimit } from './rlimits.ts'
import { sandboxSeccomp, type OciSeccomp } from './privileges/seccompProfile.ts'
import type { UserIds } from './user.ts'

/** OCI runtime-spec, config.md, as far as a step needs it. */
export interface OciSpec {
  readonly ociVersion: string
  readonly process: OciProcess
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly hostname: string
  readonly mounts: readonly OciMount[]
  readonly linux: OciLinux
  readonly annotations: Readonly<Record<string, string>>
}

export interface OciProcess {
  readonly terminal: boolean
  readonly consoleSize?: { readonly width: number; readonly height: number }
  readonly user: UserIds
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string
  readonly capabilities: Readonly<Record<'bounding' | 'effective' | 'permitted', readonly string[]>>
  readonly rlimits: readonly OciRlimit[]
  readonly noNewPrivileges: boolean
}

export interface OciMount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

export interface OciLinux {
  readonly namespaces: readonly { readonly type: string }[]
  readonly maskedPaths: readonly string[]
  readonly readonlyPaths: readonly string[]
  readonly personality?: { readonly domain: 'LINUX32' }
  readonly seccomp?: OciSeccomp
}

/** What the namespaces of the engine allow. */
export interface Surroundings {
  readonly native: Platform
  /** False where only one id is mapped: then the group of terminals does not exist. */
  readonly hasIdRange: boolean
  /** False where no fresh /proc can be mounted: then steps see the engine's. */
  readonly hasOwnProc: boolean
  /** What a process without a sandbox gets of the machine's devices. */
  readonly privilegedDevices: readonly string[]
  /** /proc/sys/kernel/cap_last_cap */
  readonly lastCapability: number
}

/** What was worked out for this process. */
export interface Prepared {
  readonly user: UserIds
  readonly mode: RunMode
  /** What the spec itself mounts. */
  readonly stepMounts: readonly OciMount[]
  /** What native twins need, in /dev. */
  readonly twinMounts: readonly OciMount[]
  readonly rlimits: readonly OciRlimit[]
  readonly terminal: TerminalSize | undefined
  /** Files of the host that become the container's. */
  readonly hostsPath: string
  readonly resolvConfPath: string
  /** The sandbox's filter, compiled, in base64; undefined lets the runtime compile it. */
  readonly seccompFilter: string | undefined
}

/** BuildKit's name for a container that is given none. */
export const DEFAULT_HOSTNAME = 'buildkitsandbox'
const DEFAULT_SHM_BYTES = 64 * 1024 * 1024

export function buildOciSpec(spec: ProcessSpec, prepared: Prepared, surroundings: Surroundings): OciSpec {
  const isSandbox = spec.security === 'sandbox'
  return {
    ociVersion: '1.0.2',
    process: buildOciProcess(spec, prepared, surroundings),
    root: { path: spec.rootfs, readonly: spec.isRootReadonly },
    hostname: spec.hostname === '' ? DEFAULT_HOSTNAME : spec.hostname,
    mounts: mountsOf(spec, prepared, surroundings),
    linux: linuxOf(spec, prepared, surroundings),
    annotations: isSandbox && prepared.seccompFilter !== undefined ? { 'run.oci.seccomp_bpf_data': prepared.seccompFilter } : {},
  }
}

export function buildOciProcess(spec: ProcessSpec, prepared: Pick<Prepared, 'user' | 'rlimits' | 'terminal'>, { lastCapability }: Surroundings): OciProcess {
  const capabilities = spec.security === 'sandbox' ? SANDBOX_CAPABILITIES : allCapabilities(lastCapability)
  return {
    terminal: prepared.terminal !== undefined,
    ...(prepared.terminal === undefined ? {} : { consoleSize: { width: prepared.terminal.columns, height: prepared.terminal.rows } }), // else the process may begin before the terminal has its size
    user: prepared.user,
    args: spec.argv,
    env: spec.env,
    cwd: spec.cwd,
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    rlimits: prepared.rlimits,
    noNewPrivileges: false, // sudo works in a step
  }
}

function linuxOf(spec: ProcessSpec, { mode }: Prepared, { native }: Surroundings): OciLinux {
  const isSandbox = spec.security === 'sandbox'
  const namespaces = ['pid', 'ipc', 'uts', 'mount', ...(spec.network === 'none' ? ['network'] : [])]
  return {
    namespaces: namespaces.map((type) => ({ type })),
    maskedPaths: isSandbox ? MASKED_PATHS : [],
    readonlyPaths: isSandbox ? READONLY_PATHS : [],
    ...(mode.kind === 'native' && is32On64(spec.platform, native) ? { personality: { domain: 'LINUX32' } } : {}),
    ...(isSandbox ? { seccomp: sandboxSeccomp(native.architecture) } : {}),
  }
}

/** Then `uname -m` has to say so, since scripts choose downloads by it. */
function is32On64(platform: Platform, native: Platform): boolean {
  return (native.architecture === 'amd64' && platform.architecture === '386') || (native.architecture === 'arm64' && platform.architecture === 'arm')
}

function mountsOf(spec: ProcessSpec, prepared: Prepared, { hasIdRange, hasOwnProc, privilegedDevices }: Surroundings): readonly OciMount[] {
  const shmBytes = spec.shmSizeBytes === 0 ? DEFAULT_SHM_BYTES : spec.shmSizeBytes
  const terminalGroup = hasIdRange ? ['gid=5'] : []
  return [
    hasOwnProc ? mount('/proc', 'proc', 'proc', ['nosuid', 'noexec', 'nodev']) : mount('/proc', 'bind', '/proc', ['rbind', 'nosuid', 'noexec', 'nodev']),
    mount('/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', ...terminalGroup]),
    mount('/dev/shm', 'tmpfs', 'shm', ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${shmBytes}`]),
    mount('/dev/mqueue', 'mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']),
    ...(spec.security === 'insecure' ? privilegedDevices.map((path) => mount(path, 'bind', path, ['bind'])) : []),
    sysMount(spec),
    mount('/etc/resolv.conf', 'bind', prepared.resolvConfPath, ['rbind', 'ro']),
    mount('/etc/hosts', 'bind', prepared.hostsPath, ['rbind', 'ro']),
    ...prepared.stepMounts,
    ...prepared.twinMounts,
  ]
}

/** It belongs to a network namespace: that of the machine is not ours to mount it from. */
function sysMount({ network, security }: ProcessSpec): OciMount {
  const options = ['nosuid', 'noexec', 'nodev', ...(security === 'sandbox' ? ['ro'] : [])]
  return network === 'none' ? mount('/sys', 'sysfs', 'sysfs', options) : mount('/sys', 'bind', '/sys', ['rbind', ...options])
}

function mount(destination: string, type: string, source: string, options: readonly string[]): OciMount {
  return { destination, type, source, options }
}

/** What Docker and containerd keep from a container's eyes, and from its hands. */
const MASKED_PATHS = ['/proc/acpi', '/proc/asound', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap']
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']
