import { orAborted } from '../kit/singleFlight.ts'
import type { ProgressEvent } from '../progress/progressEvent.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import { createOpenBuilds } from './openBuilds.ts'

/** A finished build's events are kept that long, for a Status that comes late. */
const KEPT_MS = 30_000
/** Of one build; past either the oldest events are dropped, and progress that is not final is not taken in. */
const MAX_EVENTS = 200_000
const MAX_LOG_BYTES = 32 * 1024 * 1024

/** The events of the builds that run, by the client's reference. */
export interface BuildRecords {
  /** Begins a record. @throws InvalidValueError where one of that name is there */
  open(ref: string): BuildRecord
  /** What happened in the build so far and from now on, ending with it; several may listen. @throws UnknownBuildError where no such build comes */
  follow(ref: string, signal: AbortSignal): AsyncIterable<readonly ProgressEvent[]>
}

export interface BuildRecord extends Disposable {
  readonly sink: ProgressSink
  /** Those that are kept. */
  events(): readonly ProgressEvent[]
}

interface Entry {
  readonly events: ProgressEvent[]
  /** How many events were dropped from the front. */
  dropped: number
  logBytes: number
  ended: boolean
  changed: PromiseWithResolvers<undefined>
}

export function createBuildRecords(): BuildRecords {
  const entries = createOpenBuilds<Entry>()
  return {
    open(ref) {
      const entry: Entry = { events: [], dropped: 0, logBytes: 0, ended: false, changed: Promise.withResolvers() }
      entries.add(ref, entry)
      return {
        sink: (event) => record(entry, event),
        events: () => entry.events,
        [Symbol.dispose]() {
          entry.ended = true
          wake(entry)
          setTimeout(() => entries.end(ref), KEPT_MS).unref()
        },
      }
    },
    async *follow(ref, signal) {
      const entry = await entries.find(ref, signal)
      let position = 0
      for (;;) {
        const from = Math.max(0, position - entry.dropped)
        const batch = entry.events.slice(from)
        position = entry.dropped + entry.events.length
        if (batch.length > 0) yield batch
        else if (entry.ended) return
        else await orEnd(entry.changed.promise, signal)
        signal.throwIfAborted()
      }
    },
  }
}

function record(entry: Entry, event: ProgressEvent): void {
  if (entry.ended) return
  if (isFull(entry) && event.kind === 'vertex-progress' && event.state === 'running') return
  entry.events.push(event)
  entry.logBytes += logBytes(event)
  while (isFull(entry)) {
    entry.logBytes -= logBytes(entry.events.shift())
    entry.dropped += 1
  }
  wake(entry)
}

function isFull({ events, logBytes }: Entry): boolean {
  return events.length > MAX_EVENTS || logBytes > MAX_LOG_BYTES
}

function logBytes(event: ProgressEvent | undefined): number {
  return event?.kind === 'vertex-log' ? event.bytes.byteLength : 0
}

function wake(entry: Entry): void {
  entry.changed.resolve(undefined)
  entry.changed = Promise.withResolvers()
}

/** Ends with `promise` or with `signal`, whichever is first, without throwing. */
async function orEnd(promise: Promise<undefined>, signal: AbortSignal): Promise<void> {
  await orAborted(promise, signal).catch(() => undefined)
}
