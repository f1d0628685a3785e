import { setTimeout as sleep } from 'node:timers/promises'

export interface RetryPolicy {
  /** All of them, the first too. */
  readonly attempts: number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** In [0, 1): spreads out those that failed together. */
  readonly random: () => number
}

/** What is to be done about an error: nothing, or to try again, where the other side said when, no sooner than that. */
export type RetryVerdict = { readonly kind: 'give-up' } | { readonly kind: 'retry'; readonly afterMs: number | undefined }

/**
 * Runs `work` until it succeeds, `judge` gives up or the attempts are used; then it throws the last error. The pause
 * doubles each time, and a random part of up to a half of it is taken away.
 * @throws signal.reason where it is aborted meanwhile
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, judge: (error: unknown) => RetryVerdict, policy: RetryPolicy, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt)
    } catch (error) {
      signal.throwIfAborted()
      const verdict = judge(error)
      if (verdict.kind === 'give-up' || attempt >= policy.attempts) throw error
      await pause(verdict.afterMs ?? backoffMs(attempt, policy), signal)
    }
  }
}

/** The pause after the `attempt`th failure, counted from 1. */
export function backoffMs(attempt: number, { firstDelayMs, maxDelayMs, random }: RetryPolicy): number {
  const full = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1))
  return full * (1 - random() / 2)
}

/** @throws signal.reason */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted() // the timer's own AbortError is not the reason
    throw error
  }
}
