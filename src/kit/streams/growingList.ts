/** A list that grows while it is read. */
export interface GrowingList<T extends object> {
  push(item: T): void
  /** No more come; with `error` readers are told it behind the last item. The first end counts. */
  end(error?: Error): void
  /** All items from the first on, at the reader's own pace, until the list ends. @throws the list's error; the reason of an abort */
  read(signal: AbortSignal): AsyncGenerator<T>
}

export function createGrowingList<T extends object>(): GrowingList<T> {
  const items: T[] = []
  let end: { readonly error: Error | undefined } | undefined
  let changed = Promise.withResolvers<undefined>()
  const tell = (): void => {
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }
  return {
    push(item) {
      items.push(item)
      tell()
    },
    end(error) {
      end ??= { error }
      tell()
    },
    async *read(signal) {
      using stop = abortOf(signal)
      for (let at = 0; ; at += 1) {
        while (at === items.length && end === undefined && !signal.aborted) await Promise.race([changed.promise, stop.aborted])
        signal.throwIfAborted()
        const item = items[at]
        if (item !== undefined) yield item
        else if (end?.error !== undefined) throw end.error
        else return
      }
    },
  }
}

/** Resolves at the abort; disposing forgets the signal. */
function abortOf(signal: AbortSignal): Disposable & { readonly aborted: Promise<undefined> } {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const listener = (): void => resolve(undefined)
  signal.addEventListener('abort', listener, { once: true })
  if (signal.aborted) listener()
  return { aborted: promise, [Symbol.dispose]: () => signal.removeEventListener('abort', listener) }
}
