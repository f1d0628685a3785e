import { orAborted } from '../kit/singleFlight.ts'

/** How many connections are open. */
export interface ConnectionCount {
  /** Gives how to leave; idempotent. */
  enter(): () => void
  /** Resolves when there was none for `quietMs`. @throws signal.reason */
  noneFor(quietMs: number, signal: AbortSignal): Promise<void>
}

export function createConnectionCount(): ConnectionCount {
  let count = 0
  let changed = Promise.withResolvers<undefined>()
  const change = (by: number): void => {
    count += by
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }
  return {
    enter() {
      let isIn = true
      change(1)
      return () => {
        if (isIn) change(-1)
        isIn = false
      }
    },
    async noneFor(quietMs, signal) {
      for (;;) {
        const next = changed.promise
        if (count > 0) await orAborted(next, signal)
        else if (await isQuiet(next, quietMs, signal)) return
      }
    },
  }
}

async function isQuiet(change: Promise<undefined>, quietMs: number, signal: AbortSignal): Promise<boolean> {
  const quiet = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => quiet.resolve(true), quietMs)
  try {
    return await orAborted(Promise.race([quiet.promise, change.then(() => false)]), signal)
  } finally {
    clearTimeout(timer)
  }
}
