import { EmulatorMissingError, type Executor } from '../executor/executor.ts'
import type { Platform } from '../ground/platform.ts'
import type { Engine, PlatformSupport } from './engine.ts'

/** What an engine says of platforms. */
export function platformCalls(executor: Executor): Pick<Engine, 'platforms' | 'describePlatform'> {
  return { platforms: () => executor.platforms(), describePlatform: (platform, signal) => describePlatform(executor, platform, signal) }
}

/** How `platform` runs here, or why it does not: what a build would meet, as data. */
async function describePlatform(executor: Executor, platform: Platform, signal: AbortSignal): Promise<PlatformSupport> {
  try {
    const emulator = await executor.emulatorOf(platform, signal)
    return emulator === undefined ? { kind: 'native' } : { kind: 'emulated', emulator }
  } catch (error) {
    if (error instanceof EmulatorMissingError) return { kind: 'missing', reason: error.message, hint: error.hint ?? '' }
    throw error
  }
}
