import { EngineUnavailableError } from '../../driver/driver.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'

/** Milliseconds of `--timeout`. @throws InvalidValueError */
export function parseTimeoutMs(text: string): number {
  return Math.ceil(Number(parseDurationNs(text)) / 1e6)
}

/** What `work` comes to, if that takes no longer. @throws EngineUnavailableError where it does; what `work` throws */
export async function withinTime<T>(limitMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = AbortSignal.timeout(limitMs)
  try {
    return await work(AbortSignal.any([signal, limit]))
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error
    throw new EngineUnavailableError(`no answer within ${limitMs / 1000} s`, { hint: 'see whether the machine is up, or give it more time with --timeout', cause: error })
  }
}
