/** When nothing was heard for a while. */
export interface QuietTime extends Disposable {
  heard(): void
}

/** Does `work`, which does not fail, once after each time that something was heard, when `quietMs` went by since. It keeps no process from ending. */
export function createQuietTime(quietMs: number, work: () => void): QuietTime {
  let timer: NodeJS.Timeout | undefined
  return {
    heard() {
      clearTimeout(timer)
      timer = setTimeout(work, quietMs).unref()
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
