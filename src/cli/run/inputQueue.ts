/** Values that are pushed at one end and iterated, once, at the other. What is pushed after `close` is dropped. */
export interface InputQueue<T> extends AsyncIterable<T> {
  push(value: T): void
  /** Idempotent. */
  close(): void
}

/** Not bounded: made for what people and terminals send, not for data. */
export function createInputQueue<T>(): InputQueue<T> {
  const values: T[] = []
  let isClosed = false
  let wake: (() => void) | undefined
  return {
    push(value) {
      if (!isClosed) values.push(value)
      wake?.()
    },
    close() {
      isClosed = true
      wake?.()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const value = values.shift()
        if (value !== undefined) yield value
        else if (isClosed) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
