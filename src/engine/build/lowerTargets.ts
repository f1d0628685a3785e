import type { LoweredDockerfile, TwinKind, TwinRequest } from '../../dockerfile/lower.ts'
import type { Executor } from '../../executor/executor.ts'
import { isSamePlatform, type Platform } from '../../ground/platform.ts'
import { runModeOf } from './runModeOf.ts'

/** One of the platforms that are built for. */
export interface LoweredTarget {
  readonly platform: Platform
  readonly lowered: LoweredDockerfile
}

export interface Lowering {
  readonly host: Platform
  readonly executor: Pick<Executor, 'runMode'>
  /** Which native twins the steps of emulated platforms are to have. */
  readonly accelerate: TwinKind | undefined
  readonly lower: (platform: Platform, twins: TwinRequest | undefined) => Promise<LoweredDockerfile>
}

/** Side by side. Where emulated platforms are to have native twins, these are from the host's platform as it is built here, too; else from its images. */
export async function lowerTargets(platforms: readonly Platform[], { host, executor, accelerate, lower }: Lowering): Promise<readonly LoweredTarget[]> {
  const native = accelerate === undefined ? undefined : platforms.find((platform) => isSamePlatform(platform, host))
  const sibling = native === undefined ? undefined : lower(native, undefined)
  const lowerOne = async (platform: Platform): Promise<LoweredDockerfile> => {
    if (platform === native && sibling !== undefined) return await sibling
    const isEmulated = accelerate !== undefined && runModeOf(executor, platform)?.kind === 'emulated'
    return await lower(platform, isEmulated ? { ...accelerate, sibling: await sibling } : undefined)
  }
  return await Promise.all(platforms.map(async (platform) => ({ platform, lowered: await lowerOne(platform) })))
}
