/** Chunks on their way from one who pushes to one who pulls, at most a few of them waiting. */
export interface ChunkQueue {
  /** Resolves when there is room for more. What nobody will read is dropped. */
  push(chunk: Uint8Array): Promise<void>
  end(): void
  /** The reader gets `error` instead of what is still waiting. */
  fail(error: unknown): void
  /** To be read once. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Says that the reader wants no more, whether it read all or not. */
  leave(): void
  /** Resolves once `end` was called. */
  readonly ended: Promise<void>
}

type State = { readonly kind: 'open' } | { readonly kind: 'ended' } | { readonly kind: 'failed'; readonly error: unknown }

export function createChunkQueue(maxWaiting: number): ChunkQueue {
  const waiting: Uint8Array[] = []
  const ended = Promise.withResolvers<undefined>()
  let state: State = { kind: 'open' }
  let isLeft = false
  let changed = Promise.withResolvers<undefined>()
  const change = (): void => {
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }
  const stop = (next: State): void => {
    if (state.kind === 'open') state = next
    change()
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (state.kind === 'failed') throw state.error
      const chunk = waiting.shift()
      if (chunk !== undefined) {
        change()
        yield chunk
      } else if (state.kind === 'ended' || isLeft) {
        return
      } else {
        await changed.promise
      }
    }
  }

  return {
    chunks: read(),
    ended: ended.promise,
    async push(chunk) {
      if (isLeft) return
      waiting.push(chunk)
      change()
      while (waiting.length >= maxWaiting && state.kind === 'open') await changed.promise
    },
    end() {
      stop({ kind: 'ended' })
      ended.resolve(undefined)
    },
    fail: (error) => stop({ kind: 'failed', error }),
    leave() {
      isLeft = true
      waiting.length = 0
      change()
    },
  }
}
