import { release, tmpdir, userInfo } from 'node:os'
import { storeRoot } from '../../../engine/store/storeRoot.ts'
import { nativePlatforms, readCpu } from '../../../executor/emulation/cpu.ts'
import { readOsRelease } from '../../../executor/emulation/qemu.ts'
import { formatPlatform } from '../../../ground/platform.ts'
import { findProgram, type Environment } from '../../../kit/enterNamespaces.ts'
import { VERSION } from '../../../ground/version.ts'
import { examineCertificates, examineLogins, examineProxies, examineSettings } from './examineAccess.ts'
import { examineEmulators, examineRegistrations } from './examineEmulators.ts'
import { examineEngine } from './examineEngine.ts'
import { examineFolder, examineStore, nearestFolder } from './examineStore.ts'
import { examineCgroups, examineClock, examineLimits, examineMemory, examineUser } from './examineSystem.ts'
import { findLauncher, probeFacilities } from './launcherProbe.ts'
import type { MachineFacts, RuntimeFacts } from './machineFacts.ts'
import { runBriefly } from './runBriefly.ts'

/**
 * Looks at everything that builds need. Changes nothing, but makes the folder of the engines' sockets, and for a moment
 * one beside or in the store, where overlayfs is tried.
 */
export async function examineMachine(env: Environment, signal: AbortSignal): Promise<MachineFacts> {
  const uid = userInfo().uid
  const engine = await examineEngine(env, uid, signal) // first: one that is idle may end meanwhile
  const launcher = findLauncher(env)
  const natives = nativePlatforms(readCpu())
  const osRelease = readOsRelease()
  const root = storeRoot(env, uid)
  const place = await nearestFolder(root).catch(() => undefined) // what is wrong with it, the store's own facts say
  return {
    version: VERSION,
    nodeVersion: process.version,
    kernelRelease: release(),
    osRelease,
    user: await examineUser(env),
    nativePlatforms: natives.map(formatPlatform),
    launcher,
    facilities: await probeFacilities(launcher, { env, uid, place }, signal),
    limits: await examineLimits(),
    runtime: await examineRuntime(env, signal),
    registrations: await examineRegistrations(),
    emulators: await examineEmulators({ natives, osRelease, env }, signal),
    store: await examineStore(root, uid),
    temporary: await examineFolder(tmpdir()),
    memory: await examineMemory(),
    cgroups: await examineCgroups(),
    clock: await examineClock(root),
    settings: await examineSettings(env),
    certificates: await examineCertificates(env),
    proxies: examineProxies(env),
    logins: await examineLogins(env, signal),
    engine,
  }
}

async function examineRuntime(env: Environment, signal: AbortSignal): Promise<RuntimeFacts> {
  const path = findProgram('crun', env)
  if (path === undefined) return { kind: 'missing' }
  const { exitCode, stdout, stderr } = await runBriefly([path, '--version'], env, signal)
  if (exitCode !== 0) return { kind: 'broken', path, reason: stderr.trim() === '' ? `exit code ${exitCode}` : stderr.trim() }
  const features = [...stdout.matchAll(/\+([A-Z]+)/g)].map(([, feature = '']) => feature)
  return { kind: 'found', path, version: /version (\S+)/.exec(stdout)?.[1] ?? 'of unknown version', features }
}
