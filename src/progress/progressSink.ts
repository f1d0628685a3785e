import type { ProgressEvent } from './progressEvent.ts'

/** Where events go. Never blocks and never throws. */
export type ProgressSink = (event: ProgressEvent) => void

export const silentSink: ProgressSink = () => undefined

/** Gives each event to every sink, in order. */
export function fanOut(sinks: readonly ProgressSink[]): ProgressSink {
  return (event) => {
    for (const sink of sinks) sink(event)
  }
}

export interface BoundedSinkOptions {
  /** Events held while nobody reads. */
  readonly maxEvents: number
  /** Bytes of output held while nobody reads. */
  readonly maxLogBytes: number
}

/** A queue between a build, which never waits for its watchers, and one reader. */
export interface BoundedSink {
  readonly sink: ProgressSink
  /** Ends the iteration after what is queued. Idempotent. */
  close(): void
  /** What comes in, in order; to be iterated once. */
  readonly events: AsyncIterable<ProgressEvent>
}

/**
 * Where the reader is too slow, what matters least is dropped: of a part's progress all but the newest, then progress
 * that is not an end, then the oldest output. What happened to a vertex is never dropped.
 */
export function createBoundedSink(options: BoundedSinkOptions): BoundedSink {
  const queue = new EventQueue(options)
  return {
    sink: (event) => {
      queue.push(event)
    },
    close: () => {
      queue.close()
    },
    events: { [Symbol.asyncIterator]: () => queue.read() },
  }
}

class EventQueue {
  #events: ProgressEvent[] = []
  #logBytes = 0
  #isClosed = false
  #wake: (() => void) | undefined
  readonly #options: BoundedSinkOptions

  constructor(options: BoundedSinkOptions) {
    this.#options = options
  }

  push(event: ProgressEvent): void {
    if (this.#isClosed) return
    this.#events.push(event)
    if (event.kind === 'vertex-log') this.#logBytes += event.bytes.byteLength
    if (this.#events.length > this.#options.maxEvents) this.#shrink()
    if (this.#logBytes > this.#options.maxLogBytes) this.#dropLogs(this.#options.maxLogBytes / 2)
    this.#wake?.()
  }

  close(): void {
    this.#isClosed = true
    this.#wake?.()
  }

  async *read(): AsyncGenerator<ProgressEvent> {
    for (;;) {
      const events = this.#events
      this.#events = []
      this.#logBytes = 0
      yield* events
      if (this.#events.length > 0) continue
      if (this.#isClosed) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }

  #shrink(): void {
    this.#events = keepNewestOfEachPart(this.#events)
    const half = this.#options.maxEvents / 2
    if (this.#events.length > half) this.#events = this.#events.filter((event) => event.kind !== 'vertex-progress' || event.state === 'done')
    if (this.#events.length > half) this.#dropLogs(this.#logBytes / 2)
  }

  /** Takes the oldest output away until at most `bytes` of it are left. */
  #dropLogs(bytes: number): void {
    let left = this.#logBytes
    this.#events = this.#events.filter((event) => {
      if (event.kind !== 'vertex-log' || left <= bytes) return true
      left -= event.bytes.byteLength
      return false
    })
    this.#logBytes = left
  }
}

function keepNewestOfEachPart(events: readonly ProgressEvent[]): ProgressEvent[] {
  const newest = new Map<string, ProgressEvent>()
  for (const event of events) if (event.kind === 'vertex-progress') newest.set(`${event.vertex} ${event.id}`, event)
  const kept = new Set(newest.values())
  return events.filter((event) => event.kind !== 'vertex-progress' || kept.has(event))
}
