/** Work that is not to be cut where it stands: it is told to end, and has some time for it. */
export interface OrderlyEnd extends Disposable {
  /** Says that it is to end. */
  readonly ending: AbortSignal
  /** Says, for the same reason, that it has had its time: what still waits then is cut. */
  readonly over: AbortSignal
  /** The first reason counts. */
  end(reason: Error): void
}

/** Ends with `signal`, too. Disposing keeps `over` from coming where it has not come yet. */
export function createOrderlyEnd(signal: AbortSignal, graceMs: number): OrderlyEnd {
  const [ending, over] = [new AbortController(), new AbortController()]
  let timer: NodeJS.Timeout | undefined
  const endFor = (reason: unknown): void => {
    if (ending.signal.aborted) return
    timer = setTimeout(() => over.abort(reason), graceMs).unref() // a process that has nothing else to do need not wait for it
    ending.abort(reason)
  }
  const listener = (): void => endFor(signal.reason)
  signal.addEventListener('abort', listener, { once: true })
  if (signal.aborted) listener()
  return {
    ending: ending.signal,
    over: over.signal,
    end: endFor,
    [Symbol.dispose]() {
      signal.removeEventListener('abort', listener)
      clearTimeout(timer)
    },
  }
}
