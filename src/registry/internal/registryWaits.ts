import { pause } from '../../kit/retry.ts'
import type { RegistryWait } from '../registry.ts'

/** The pauses that registries ask for: kept by all requests to a host, and told to whoever watches. */
export interface RegistryWaits {
  /** From now on. A longer one that is under way stays. */
  begin(host: string, waitMs: number): void
  /** Resolves when no pause of `host` is left. @throws signal.reason */
  passed(host: string, signal: AbortSignal): Promise<void>
  /** Tells of each pause as it begins, until it is disposed. */
  watch(listener: (wait: RegistryWait) => void): Disposable
}

export function createRegistryWaits(now: () => number): RegistryWaits {
  const until = new Map<string, number>()
  const listeners = new Set<(wait: RegistryWait) => void>()
  return {
    begin(host, waitMs) {
      const end = now() + waitMs
      if ((until.get(host) ?? 0) >= end) return
      const isUnderWay = (until.get(host) ?? 0) > now()
      until.set(host, end)
      if (!isUnderWay) for (const listener of listeners) listener({ host, waitMs })
    },
    async passed(host, signal) {
      for (let leftMs = (until.get(host) ?? 0) - now(); leftMs > 0; leftMs = (until.get(host) ?? 0) - now()) await pause(leftMs, signal)
    },
    watch(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
  }
}
