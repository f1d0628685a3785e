/** Counts who is busy, and does something when nobody is. */
export interface IdleWork extends AsyncDisposable {
  /** Disposing says that one is done. */
  enter(): Disposable
}

/**
 * Runs `work` whenever the last of those that are busy is done, once at a time, and when it is disposed. That it fails
 * is nobody's failure: it is tried again the next time.
 */
export function createIdleWork(work: () => Promise<void>): IdleWork {
  let busy = 0
  let last = Promise.resolve()
  const start = (): Promise<void> => (last = last.then(work).catch(() => undefined))
  return {
    enter() {
      busy += 1
      return {
        [Symbol.dispose]() {
          busy -= 1
          if (busy === 0) void start() // it ends by itself, or is waited for by disposal
        },
      }
    },
    [Symbol.asyncDispose]: start,
  }
}
