import { constants } from 'node:fs'
import { access, readFile, statfs } from 'node:fs/promises'
import { release, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { describeEngine, packagedEngine } from '../../../driver/engineProgram.ts'
import { ensureRuntimeFolder } from '../../../driver/runtimeFolder.ts'
import { createSocketDriver } from '../../../driver/socketDriver.ts'
import { storeRoot } from '../../../engine/store/storeRoot.ts'
import { EMULATED_ARCHITECTURES } from '../../../executor/emulation/architectures.ts'
import { findRegistration, readHostRegistrations } from '../../../executor/emulation/binfmt.ts'
import { nativePlatforms, readCpu } from '../../../executor/emulation/cpu.ts'
import { findQemu, packageHint, readOsRelease } from '../../../executor/emulation/qemu.ts'
import { BuildError } from '../../../ground/errors.ts'
import { formatPlatform, type Platform } from '../../../ground/platform.ts'
import { findProgram, type Environment } from '../../../kit/enterNamespaces.ts'
import { readLoginFiles } from '../../../registry/auth/dockerConfig.ts'
import { readHostConfig } from '../../../registry/hostConfig.ts'
import { findLauncher, probeFacilities } from './launcherProbe.ts'
import type { Attempt, EmulatorFacts, EngineFacts, LoginFacts, MachineFacts, RuntimeFacts, StoreFacts, UserFacts } from './machineFacts.ts'
import { runBriefly } from './runBriefly.ts'

/** Looks at everything that builds need, and changes nothing but for the folder of the engines' sockets, which it makes. */
export async function examineMachine(env: Environment, signal: AbortSignal): Promise<MachineFacts> {
  const uid = userInfo().uid
  const launcher = findLauncher(env)
  const natives = nativePlatforms(readCpu())
  return {
    nodeVersion: process.version,
    kernelRelease: release(),
    user: await examineUser(env),
    nativePlatforms: natives.map(formatPlatform),
    launcher,
    facilities: await probeFacilities(launcher, { env, uid }, signal),
    runtime: await examineRuntime(env, signal),
    emulators: examineEmulators(natives, env),
    store: await examineStore(storeRoot(env, uid)),
    settings: await examineSettings(env),
    logins: await examineLogins(env),
    engine: await examineEngine(env, uid, signal),
  }
}

async function examineUser(env: Environment): Promise<UserFacts> {
  const { uid, username } = userInfo()
  const counts = await Promise.all(['/etc/subuid', '/etc/subgid'].map((path) => countIds(path, [username, String(uid)])))
  const hasIdTools = ['newuidmap', 'newgidmap'].every((program) => findProgram(program, env) !== undefined)
  return { name: username, isRoot: uid === 0, hasIdTools, subordinateIds: Math.min(...counts) }
}

/** subuid(5): `owner:first:count` a line. */
async function countIds(path: string, owners: readonly string[]): Promise<number> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'))
  return lines.filter(([owner = '']) => owners.includes(owner)).reduce((sum, [, , count]) => sum + Number(count), 0)
}

async function examineRuntime(env: Environment, signal: AbortSignal): Promise<RuntimeFacts> {
  const path = findProgram('crun', env)
  if (path === undefined) return { kind: 'missing' }
  const { exitCode, stdout, stderr } = await runBriefly([path, '--version'], env, signal)
  if (exitCode !== 0) return { kind: 'broken', path, reason: stderr.trim() === '' ? `exit code ${exitCode}` : stderr.trim() }
  return { kind: 'found', path, version: /version (\S+)/.exec(stdout)?.[1] ?? 'of unknown version' }
}

function examineEmulators(natives: readonly Platform[], env: Environment): readonly EmulatorFacts[] {
  const registrations = readHostRegistrations()
  const osRelease = readOsRelease()
  const foreign = EMULATED_ARCHITECTURES.filter(({ architecture }) => !natives.some((native) => native.architecture === architecture))
  return foreign.map((architecture) => ({
    architecture,
    search: findQemu(architecture.qemuName, env),
    registered: findRegistration(architecture, registrations)?.interpreter,
    install: packageHint(architecture.qemuName, osRelease),
  }))
}

async function examineStore(root: string): Promise<StoreFacts> {
  try {
    const folder = await nearestFolder(root)
    await access(folder, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = await statfs(folder)
    return { root, problem: undefined, freeBytes: bavail * bsize }
  } catch (error) {
    return { root, problem: (error as NodeJS.ErrnoException).code === 'EROFS' ? 'the disk is read-only' : 'it cannot be written to', freeBytes: 0 }
  }
}

/** The store itself, or that in which it would be made. */
async function nearestFolder(path: string): Promise<string> {
  try {
    await access(path)
    return path
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    return await nearestFolder(dirname(path))
  }
}

async function examineSettings(env: Environment): Promise<Attempt> {
  try {
    await readHostConfig(env)
    return { kind: 'works' }
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    return { kind: 'fails', reason: error.message }
  }
}

async function examineLogins(env: Environment): Promise<LoginFacts> {
  try {
    const files = await readLoginFiles({ env })
    const programs = new Set(files.flatMap(({ helpers }) => helpers.map((helper) => `docker-credential-${helper}`)))
    const helpers = [...programs].map((program) => ({ program, isInstalled: findProgram(program, env) !== undefined }))
    return { kind: 'read', paths: files.map(({ path }) => path), helpers }
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    return { kind: 'unreadable', reason: error.message }
  }
}

async function examineEngine(env: Environment, uid: number, signal: AbortSignal): Promise<EngineFacts> {
  try {
    const folder = await ensureRuntimeFolder(env, uid)
    const socket = join(folder, `${describeEngine(packagedEngine(), env, uid).key}.sock`)
    return (await isAnswering(socket, signal)) ? { kind: 'running', socket } : { kind: 'idle' }
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    return { kind: 'homeless', reason: error.message, remedy: error.hint ?? 'set XDG_RUNTIME_DIR to a folder of yours' }
  }
}

async function isAnswering(socket: string, signal: AbortSignal): Promise<boolean> {
  await using engine = await createSocketDriver(`unix://${encodeURI(socket)}`).attach(signal)
  return engine !== undefined
}
