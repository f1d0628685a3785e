import { EmulatorMissingError, type Executor, type RunMode } from '../../executor/executor.ts'
import type { Platform } from '../../ground/platform.ts'

/** Undefined where nothing here runs the platform. */
export function runModeOf(executor: Pick<Executor, 'runMode'>, platform: Platform): RunMode | undefined {
  try {
    return executor.runMode(platform)
  } catch (error) {
    if (error instanceof EmulatorMissingError) return undefined
    throw error
  }
}
