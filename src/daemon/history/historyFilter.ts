import { timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt'
import type { BuildHistoryRecord } from '../../api/gen/control_pb.ts'
import { GRPC } from '../../api/grpc/status.ts'
import { splitCsvLine } from '../../ground/csv.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseGitReference } from '../../ground/gitReference.ts'

export type RecordFilter = (record: BuildHistoryRecord) => boolean

const COMPARISONS = ['==', '!=', '~=', '>=', '<=', '>', '<'] as const

/**
 * What `BuildHistoryRequest.Filter` takes: of each text all of its conditions, with commas between; of several texts
 * one is enough. Texts: `ref`, `status` (running, completed, error, canceled) and `repository` with ==, != and ~=, a
 * regular expression; times: `startedAt` and `completedAt` (RFC 3339, or so long ago) and `duration` with <, <=, > and >=.
 * @throws InvalidValueError
 */
export function parseHistoryFilter(texts: readonly string[], nowMs: number): RecordFilter {
  if (texts.length === 0) return () => true
  const alternatives = texts.map((text) => (splitCsvLine(text) ?? [text]).map((condition) => parseCondition(condition.trim(), nowMs)))
  return (record) => alternatives.some((conditions) => conditions.every((holds) => holds(record)))
}

function parseCondition(text: string, nowMs: number): RecordFilter {
  const [, key = '', rest = ''] = /^(\w+)(.*)$/s.exec(text) ?? []
  const comparison = COMPARISONS.find((candidate) => rest.startsWith(candidate))
  const value = rest.slice(comparison?.length ?? 0)
  const condition = comparison === undefined ? undefined : (parseTextCondition(key, comparison, value) ?? parseTimeCondition(key, comparison, { value, nowMs }))
  if (condition !== undefined) return condition
  throw new InvalidValueError(`invalid history filter: ${JSON.stringify(text)}`, { hint: 'write status==error, ref~=PATTERN, repository==URL, startedAt>24h, completedAt<RFC3339 or duration>30s' })
}

const TEXTS: ReadonlyMap<string, (record: BuildHistoryRecord) => string> = new Map([
  ['ref', ({ Ref }: BuildHistoryRecord) => Ref],
  ['status', statusOf],
  ['repository', repositoryOf],
])

function parseTextCondition(key: string, comparison: string, value: string): RecordFilter | undefined {
  const read = TEXTS.get(key)
  const holds = TEXT_COMPARISONS.get(comparison)?.(value)
  return read === undefined || holds === undefined ? undefined : (record) => holds(read(record))
}

const TEXT_COMPARISONS: ReadonlyMap<string, (value: string) => (text: string) => boolean> = new Map([
  ['==', (value: string) => (text: string) => text === value],
  ['!=', (value: string) => (text: string) => text !== value],
  ['~=', (value: string) => {
    const pattern = parsePattern(value)
    return (text: string) => pattern.test(text)
  }],
])

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new InvalidValueError(`invalid pattern in a history filter: ${JSON.stringify(text)}`, { cause: error })
  }
}

const TIMES: ReadonlyMap<string, (record: BuildHistoryRecord) => number> = new Map([
  ['startedAt', ({ CreatedAt }: BuildHistoryRecord) => msOf(CreatedAt)],
  ['completedAt', ({ CompletedAt }: BuildHistoryRecord) => msOf(CompletedAt)],
  ['duration', ({ CreatedAt, CompletedAt }: BuildHistoryRecord) => (CompletedAt === undefined ? 0 : msOf(CompletedAt) - msOf(CreatedAt))],
])

function parseTimeCondition(key: string, comparison: string, { value, nowMs }: { readonly value: string; readonly nowMs: number }): RecordFilter | undefined {
  const read = TIMES.get(key)
  const holds = TIME_COMPARISONS.get(comparison)
  if (read === undefined || holds === undefined) return undefined
  const limit = key === 'duration' ? durationMs(value) : parseMoment(value, nowMs)
  return (record) => holds(read(record), limit)
}

const TIME_COMPARISONS: ReadonlyMap<string, (value: number, limit: number) => boolean> = new Map([
  ['>=', (value: number, limit: number) => value >= limit],
  ['<=', (value: number, limit: number) => value <= limit],
  ['>', (value: number, limit: number) => value > limit],
  ['<', (value: number, limit: number) => value < limit],
])

function durationMs(text: string): number {
  return Number(parseDurationNs(text)) / 1e6
}

function parseMoment(text: string, nowMs: number): number {
  const moment = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : nowMs - durationMs(text)
  if (Number.isNaN(moment)) throw new InvalidValueError(`invalid time: ${JSON.stringify(text)}`, { hint: 'write 2026-01-31T12:00:00Z, or how long ago: 24h' })
  return moment
}

function msOf(time: Timestamp | undefined): number {
  return time === undefined ? 0 : timestampMs(time)
}

function statusOf({ CompletedAt, error }: BuildHistoryRecord): string {
  if (CompletedAt === undefined) return 'running'
  if (error === undefined) return 'completed'
  return error.code === GRPC.cancelled ? 'canceled' : 'error'
}

/** '' of a build that is of none. */
function repositoryOf({ FrontendAttrs }: BuildHistoryRecord): string {
  return FrontendAttrs['vcs:source'] ?? parseGitReference(FrontendAttrs['context'] ?? '')?.remote ?? ''
}
