import type { PruneOptions } from './cachePrune.ts'

/** Prunes between builds, by an operator's rules. Disposing stops what is under way, and waits for its end. */
export interface GarbageCollector extends AsyncDisposable {
  /** To be told of each build that is over. */
  afterBuild(): void
}

/** As BuildKit: what comes right behind a build is let through, and once a minute is enough. */
const DELAY_MS = 1_000
const PAUSE_MS = 60_000

export interface GarbageCollectorDeps {
  /** One after the other. */
  readonly rules: readonly PruneOptions[]
  readonly prune: (rule: PruneOptions, signal: AbortSignal) => AsyncIterable<unknown>
  readonly now: () => number
}

export function createGarbageCollector({ rules, prune, now }: GarbageCollectorDeps): GarbageCollector {
  const end = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let lastRunAt = -Infinity
  const collect = async (): Promise<void> => {
    lastRunAt = now()
    try {
      for (const rule of rules) for await (const _removed of prune(rule, end.signal)) end.signal.throwIfAborted()
    } catch {
      // nobody's build fails by it: the next build has it tried again
    } finally {
      timer = undefined
    }
  }
  return {
    afterBuild() {
      if (rules.length === 0 || timer !== undefined || end.signal.aborted) return
      timer = setTimeout(() => void (running = collect()), Math.max(DELAY_MS, lastRunAt + PAUSE_MS - now())).unref()
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      end.abort(new DOMException('the engine ends', 'AbortError'))
      await running
    },
  }
}
