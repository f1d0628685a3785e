import { truncate } from '../render/displayText.ts'
import { formatAge, formatDuration } from '../render/measure.ts'
import type { BuildStatus, PastBuild } from './pastBuild.ts'

/** A build in a list. */
export interface BuildRow {
  readonly Ref: string
  readonly Name: string
  readonly Status: string
  readonly CreatedAt: string
  readonly Duration: string
}

export interface RowView {
  readonly now: number
  readonly nameColumns: number
  /** Whether the time is told, rather than how long ago it was. */
  readonly isFull: boolean
}

const WORDS: Readonly<Record<BuildStatus, string>> = { running: 'Running', completed: 'Completed', error: 'Error', canceled: 'Canceled' }

export function buildRow({ ref, name, status, startedAtMs, completedAtMs }: PastBuild, { now, nameColumns, isFull }: RowView): BuildRow {
  return {
    Ref: ref,
    Name: truncate(name, nameColumns),
    Status: WORDS[status],
    CreatedAt: isFull ? new Date(startedAtMs).toISOString() : formatAge(now - startedAtMs),
    Duration: formatDuration((completedAtMs ?? now) - startedAtMs),
  }
}
