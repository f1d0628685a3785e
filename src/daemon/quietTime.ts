/** When nothing was heard for a while. */
export interface QuietTime extends Disposable {
  heard(): void
  /** It is not quiet before `part` is over, however little is heard meanwhile. */
  during<T>(part: () => Promise<T>): Promise<T>
}

/** Does `work`, which does not fail, once after each time that something was heard, when `quietMs` went by since. It keeps no process from ending. */
export function createQuietTime(quietMs: number, work: () => void): QuietTime {
  let timer: NodeJS.Timeout | undefined
  let running = 0
  const quiet: QuietTime = {
    heard() {
      clearTimeout(timer)
      if (running === 0) timer = setTimeout(work, quietMs).unref()
    },
    async during(part) {
      clearTimeout(timer)
      running += 1
      try {
        return await part()
      } finally {
        running -= 1
        quiet.heard()
      }
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
  return quiet
}
