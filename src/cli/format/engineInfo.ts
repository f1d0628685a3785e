import { readFile } from 'node:fs/promises'
import { availableParallelism, hostname, machine, release, totalmem } from 'node:os'
import type { EngineClient } from '../../driver/driver.ts'
import { formatBytes } from '../render/measure.ts'

/** With the names of `docker info`. */
export interface EngineInfo {
  readonly ServerVersion: string
  readonly Images: number
  /** The snapshot store: `overlay` or `copy`. */
  readonly Driver: string
  readonly DockerRootDir: string
  readonly OSType: 'linux'
  /** As the kernel calls it: `x86_64`, `aarch64`. */
  readonly Architecture: string
  readonly KernelVersion: string
  readonly OperatingSystem: string
  readonly NCPU: number
  readonly MemTotal: number
  readonly Name: string
  readonly ExperimentalBuild: true
  readonly SecurityOptions: readonly string[]
  /** Those that run natively, and those that are emulated. */
  readonly NativePlatforms: readonly string[]
  readonly EmulatedPlatforms: readonly string[]
}

/** Of an engine of this machine. @throws UnsupportedByPeerError where it is a buildkitd */
export async function readEngineInfo({ local }: EngineClient, signal: AbortSignal): Promise<EngineInfo> {
  const { version, root, snapshotter, rootless, platforms } = await local.describe({}, { signal })
  const { images } = await local.listImages({ reference: '' }, { signal })
  const named = (isNative: boolean): readonly string[] => platforms.filter(({ emulator }) => (emulator === '') === isNative).map(({ platform }) => platform)
  return {
    ServerVersion: version,
    Images: new Set(images.map(({ digest }) => digest)).size,
    Driver: snapshotter,
    DockerRootDir: root,
    OSType: 'linux',
    Architecture: machine(),
    KernelVersion: release(),
    OperatingSystem: await readSystemName(),
    NCPU: availableParallelism(),
    MemTotal: totalmem(),
    Name: hostname(),
    ExperimentalBuild: true,
    SecurityOptions: rootless ? ['name=rootless'] : [],
    NativePlatforms: named(true),
    EmulatedPlatforms: named(false),
  }
}

export function formatEngineInfo(info: EngineInfo): string {
  const fields: readonly (readonly [string, string | number])[] = [
    ['Server Version', info.ServerVersion],
    ['Images', info.Images],
    ['Storage Driver', info.Driver],
    ['Native Platforms', info.NativePlatforms.join(', ')],
    ['Emulated Platforms', info.EmulatedPlatforms.join(', ')],
    ['Rootless', String(info.SecurityOptions.length > 0)],
    ['Kernel Version', info.KernelVersion],
    ['Operating System', info.OperatingSystem],
    ['OSType', info.OSType],
    ['Architecture', info.Architecture],
    ['CPUs', info.NCPU],
    ['Total Memory', formatBytes(info.MemTotal)],
    ['Name', info.Name],
    ['Root Dir', info.DockerRootDir],
    ['Experimental', String(info.ExperimentalBuild)],
  ]
  return fields.map(([name, value]) => `${name}: ${value}\n`).join('')
}

/** os-release(5), PRETTY_NAME. */
async function readSystemName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '') // a machine without it has no name
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? 'Linux'
}
