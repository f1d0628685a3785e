/**
 * Passes `chunks` on, and lets `watcher` see each first: the two take turns, so that nothing is held or copied. What
 * becomes of the watcher is told to `whenSeen` (undefined where it failed) once all was passed on; the stream never fails of it.
 * A watcher that ends early sees no more.
 */
export async function* watchStream<T>(chunks: AsyncIterable<Uint8Array>, watcher: (seen: AsyncIterable<Uint8Array>) => Promise<T>, whenSeen: (outcome: T | undefined) => void): AsyncGenerator<Uint8Array> {
  const turns = createTurns()
  const watching = watcher(turns.seen()).then(
    (outcome) => outcome,
    () => undefined,
  )
  void watching.finally(turns.leave)
  try {
    for await (const chunk of chunks) {
      await turns.show(chunk)
      yield chunk
    }
    await turns.show(undefined)
    whenSeen(await watching)
  } finally {
    turns.leave()
  }
}

interface Turns {
  /** Resolves when the watcher is done with the chunk; undefined is the end. */
  show(chunk: Uint8Array | undefined): Promise<void>
  seen(): AsyncGenerator<Uint8Array>
  /** One of the two goes on alone. */
  readonly leave: () => void
}

function createTurns(): Turns {
  let shown = Promise.withResolvers<Uint8Array | undefined>()
  let taken = Promise.withResolvers<undefined>()
  let isOver = false
  return {
    async show(chunk) {
      if (isOver) return
      shown.resolve(chunk)
      if (chunk !== undefined) await taken.promise
      taken = Promise.withResolvers()
    },
    async *seen() {
      for (;;) {
        const chunk = await shown.promise
        if (chunk === undefined) return
        yield chunk
        shown = Promise.withResolvers()
        if (isOver) return
        taken.resolve(undefined)
      }
    },
    leave() {
      isOver = true
      shown.resolve(undefined)
      taken.resolve(undefined)
    },
  }
}
