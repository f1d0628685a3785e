import { setImmediate as nextTurn } from 'node:timers/promises'
import { orAborted } from '../kit/singleFlight.ts'
import type { ProgressEvent } from '../progress/progressEvent.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import { textBytes } from '../progress/textBytes.ts'
import { createOpenBuilds } from './openBuilds.ts'

/** A finished build's events are kept that long, for a Status that comes late. */
const KEPT_MS = 30_000
/** Of one build, output and what warnings say; past either the oldest events are dropped, and progress that is not final is not taken in. */
const MAX_EVENTS = 200_000
const MAX_TEXT_BYTES = 32 * 1024 * 1024

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
  textBytes: number
  ended: boolean
  changed: PromiseWithResolvers<undefined>
}

export function createBuildRecords(): BuildRecords {
  const entries = createOpenBuilds<Entry>()
  return {
    open(ref) {
      const entry: Entry = { events: [], dropped: 0, textBytes: 0, ended: false, changed: Promise.withResolvers() }
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
        else await laterThan(entry.changed.promise, signal)
        signal.throwIfAborted()
      }
    },
  }
}

function record(entry: Entry, event: ProgressEvent): void {
  if (entry.ended) return
  if (isFull(entry) && event.kind === 'vertex-progress' && event.state === 'running') return
  entry.events.push(event)
  entry.textBytes += textBytes(event)
  while (isFull(entry)) {
    entry.textBytes -= textBytes(entry.events.shift())
    entry.dropped += 1
  }
  wake(entry)
}

function isFull({ events, textBytes }: Entry): boolean {
  return events.length > MAX_EVENTS || textBytes > MAX_TEXT_BYTES
}

function wake(entry: Entry): void {
  entry.changed.resolve(undefined)
  entry.changed = Promise.withResolvers()
}

/** Ends in the turn after `promise` or `signal`, whichever is first, without throwing: what happens in one turn is told together. */
async function laterThan(promise: Promise<undefined>, signal: AbortSignal): Promise<void> {
  await orAborted(promise, signal).catch(() => undefined)
  await nextTurn()
}
