/** What several senders have for one reader: each waits until what it has sent is taken, so that nothing is gathered and nothing lost. */
export interface Outbox<T> {
  /** @throws the error of the end, or an AbortError, where nobody reads any more */
  send(item: T): Promise<void>
  /** The reader ends behind what was sent, by throwing `error` where there is one. */
  end(error: Error | undefined): void
  /** By one reader. */
  read(): AsyncGenerator<T>
  /** For the reader that goes away: whoever sends is let go. */
  close(): void
}

interface Letter<T> {
  readonly item: T
  readonly taken: PromiseWithResolvers<undefined>
}

export function createOutbox<T>(): Outbox<T> {
  const letters: Letter<T>[] = []
  let end: { readonly finish: Promise<void> } | undefined
  let isClosed = false
  let changed = Promise.withResolvers<undefined>()
  const wake = (): void => {
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }
  const close = (): void => {
    isClosed = true
    for (const { taken } of letters.splice(0)) taken.reject(new DOMException('nobody reads any more', 'AbortError'))
  }
  return {
    async send(item) {
      if (isClosed) throw new DOMException('nobody reads any more', 'AbortError')
      const taken = Promise.withResolvers<undefined>()
      letters.push({ item, taken })
      wake()
      await taken.promise
    },
    end(error) {
      end = { finish: error === undefined ? Promise.resolve() : Promise.reject(error) }
      end.finish.catch(() => undefined) // thrown to the reader
      wake()
    },
    async *read() {
      for (;;) {
        const letter = letters.shift()
        if (letter !== undefined) {
          try {
            yield letter.item
          } finally {
            letter.taken.resolve(undefined)
          }
        } else if (end === undefined) {
          await changed.promise
        } else {
          await end.finish
          return
        }
      }
    },
    close,
  }
}
