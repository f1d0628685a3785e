/** When nothing was heard for a while, or nothing was done. */
export interface QuietTime extends Disposable {
  heard(): void
  /** What is heard, or not, says nothing before `part` is over: it is quiet meanwhile where the process itself does hardly anything, as while it waits for a step. */
  during<T>(part: () => Promise<T>): Promise<T>
}

export interface QuietTimeOptions {
  readonly quietMs: number
  /** For how long the process has been at work. A time in which it waited for a processor, or for the disk, is none of quiet. */
  readonly readBusyMs: () => number
  /** Is done when it becomes quiet, and does not fail. */
  readonly work: () => void
  /** The same during a part, each time that it was quiet for `meanwhileMs`. */
  readonly meanwhileMs: number
  readonly workMeanwhile: () => void
}

/** Less than this is what waiting takes: lines of a log are passed on. */
const IDLE_SHARE = 0.03

/** Does `work` once after each time that something was heard, when `quietMs` went by since. It keeps no process from ending. */
export function createQuietTime({ quietMs, meanwhileMs, readBusyMs, work, workMeanwhile }: QuietTimeOptions): QuietTime {
  let timer: NodeJS.Timeout | undefined
  let running = 0
  const wait = (): void => {
    clearTimeout(timer)
    timer = running === 0 ? setTimeout(work, quietMs).unref() : setTimeout(look, meanwhileMs, readBusyMs()).unref()
  }
  const look = (busyMsBefore: number): void => {
    if (readBusyMs() - busyMsBefore < meanwhileMs * IDLE_SHARE) workMeanwhile()
    wait()
  }
  return {
    heard() {
      if (running === 0) wait()
    },
    async during(part) {
      running += 1
      if (running === 1) wait()
      try {
        return await part()
      } finally {
        running -= 1
        if (running === 0) wait()
      }
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
