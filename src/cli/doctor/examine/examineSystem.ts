import { access, constants, readFile, realpath, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { findProgram, type Environment } from '../../../kit/enterNamespaces.ts'
import { lgetxattr } from '../../../kit/syscalls.ts'
import type { CgroupFacts, ClockFacts, IdToolFacts, LimitFacts, MemoryFacts, UserFacts } from './machineFacts.ts'

export async function examineUser(env: Environment): Promise<UserFacts> {
  const { uid, username } = userInfo()
  const counts = await Promise.all(['/etc/subuid', '/etc/subgid'].map((path) => countIds(path, [username, String(uid)])))
  const idTools = await Promise.all(['newuidmap', 'newgidmap'].map((program) => examineIdTool(program, env)))
  return { name: username, isRoot: uid === 0, idTools, subordinateIds: Math.min(...counts) }
}

/** subuid(5): `owner:first:count` a line. */
async function countIds(path: string, owners: readonly string[]): Promise<number> {
  const lines = (await readText(path)).split('\n').map((line) => line.split(':'))
  return lines.filter(([owner = '']) => owners.includes(owner)).reduce((sum, [, , count]) => sum + Number(count), 0)
}

const SETUID = 0o4000

async function examineIdTool(program: string, env: Environment): Promise<IdToolFacts> {
  const path = findProgram(program, env)
  if (path === undefined) return { program, path, isPrivileged: false }
  const file = await realpath(path)
  const { mode, uid } = await stat(file)
  return { program, path, isPrivileged: ((mode & SETUID) !== 0 && uid === 0) || lgetxattr(file, 'security.capability') !== undefined }
}

const NAMESPACES = ['user', 'mnt', 'pid', 'cgroup', 'net', 'ipc', 'uts'] as const
/** What container runtimes leave in their containers. */
const CONTAINER_MARKS = ['/.dockerenv', '/run/.containerenv']

export async function examineLimits(): Promise<LimitFacts> {
  const limits = await Promise.all(NAMESPACES.map(async (name) => [name, await readText(`/proc/sys/user/max_${name}_namespaces`)] as const))
  const marks = await Promise.all(CONTAINER_MARKS.map((path) => access(path).then(() => true, () => false)))
  return {
    maxNamespaces: new Map(limits.flatMap(([name, text]) => (text === '' ? [] : [[name, Number(text)]]))),
    isContainer: marks.includes(true),
    hasSeccompFilter: /^Seccomp:\s*2$/m.test(await readText('/proc/self/status')),
  }
}

export async function examineMemory(): Promise<MemoryFacts> {
  const text = await readText('/proc/meminfo')
  const bytes = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024
  const limit = Number(await readText(join(await cgroupFolder(), 'memory.max')))
  return { totalBytes: bytes('MemTotal'), availableBytes: bytes('MemAvailable'), freeSwapBytes: bytes('SwapFree'), limitBytes: limit > 0 ? limit : undefined }
}

/** `memory.max` is `max`, no number, where nothing is limited. */
async function cgroupFolder(): Promise<string> {
  const own = /^0::(.*)$/m.exec(await readText('/proc/self/cgroup'))?.[1] ?? '/'
  return join('/sys/fs/cgroup', own)
}

export async function examineCgroups(): Promise<CgroupFacts> {
  const folder = await cgroupFolder()
  const controllers = (await readText(join(folder, 'cgroup.controllers'))).trim()
  if (controllers !== '' || (await isThere('/sys/fs/cgroup/cgroup.controllers'))) {
    const isDelegated = await access(join(folder, 'cgroup.procs'), constants.W_OK).then(() => true, () => false)
    return { kind: 'v2', controllers: controllers.split(' ').filter((name) => name !== ''), isDelegated }
  }
  if (await isThere('/sys/fs/cgroup/unified')) return { kind: 'hybrid' }
  return { kind: (await isThere('/sys/fs/cgroup/memory')) ? 'v1' : 'none' }
}

/** Files that were written before: by whoever made the machine, by Node's and Pelago's makers, by earlier commands. */
export async function examineClock(storeRoot: string): Promise<ClockFacts> {
  const paths = ['/etc/os-release', '/etc/passwd', '/var/lib/dpkg/status', process.execPath, join(storeRoot, 'state.db')]
  const files = await Promise.all(paths.map((path) => stat(path).then(({ mtime }) => ({ path, at: mtime }), () => undefined)))
  const found = files.filter((file) => file !== undefined).toSorted((a, b) => b.at.getTime() - a.at.getTime())
  const isSynchronized = (await isThere('/run/systemd/timesync')) ? await isThere('/run/systemd/timesync/synchronized') : undefined
  return { now: new Date(), newestFile: found[0], isSynchronized }
}

/** '' where it cannot be read. */
async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '')
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false)
}
