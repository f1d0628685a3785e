/** What one side tells at its own pace and another reads at its own. The newest progress is worth more than all of it: past `MAX_WAITING` the oldest are dropped. */
export interface EventQueue<T> {
  push(item: T): void
  end(): void
  /** By one reader; ends behind the last item. */
  read(): AsyncGenerator<T>
}

const MAX_WAITING = 1_000

export function createEventQueue<T>(): EventQueue<T> {
  const waiting: T[] = []
  let ended = false
  let changed = Promise.withResolvers<undefined>()
  const wake = (): void => {
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }
  return {
    push(item) {
      waiting.push(item)
      if (waiting.length > MAX_WAITING) waiting.shift()
      wake()
    },
    end() {
      ended = true
      wake()
    },
    async *read() {
      for (;;) {
        const next = waiting.shift()
        if (next !== undefined) yield next
        else if (ended) return
        else await changed.promise
      }
    },
  }
}
