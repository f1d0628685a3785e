import { FunctionError } from '../../evaluate/scope.ts'
import { integer, object, string, type Value } from '../../values/value.ts'
import { anything, defineFunction, numeric, text, textOf, wholeOf, type Functions } from '../define.ts'
import type { LibraryPorts } from '../libraryPorts.ts'
import { dayName, formatDate, monthName } from './formatDate.ts'
import { epochSeconds, formatTimestamp, localDate, parseSignedDurationNs, parseTimestamp, TimeError, type Timestamp } from './timestamp.ts'

export function timeFunctions(ports: LibraryPorts): Functions {
  return [
    ['formatdate', defineFunction([text('format'), text('time')], (format, time) => string(formatDate(textOf(format), orFail(() => parseTimestamp(textOf(time)), 1))))],
    ['formattimestamp', defineFunction([text('format'), anything('timestamp')], (format, time) => string(formatAny(textOf(format), time)))],
    ['timeadd', defineFunction([text('timestamp'), text('duration')], (time, duration) => string(addDuration(textOf(time), textOf(duration))))],
    ['timestamp', defineFunction([], () => string(formatTimestamp(atSecond(Math.floor(ports.now().getTime() / 1000)))))],
    ['unixtimestampparse', defineFunction([numeric('unix_timestamp')], (seconds) => describe(atSecond(wholeOf(seconds, 0))))],
  ]
}

/** Times beyond it are none of JavaScript's. */
const MAX_EPOCH_SECONDS = 8.64e12

function atSecond(seconds: number): Timestamp {
  if (Math.abs(seconds) > MAX_EPOCH_SECONDS) throw new FunctionError('the time is out of range', 0)
  return { epochNs: BigInt(seconds) * 1_000_000_000n, offsetMinutes: 0 }
}

function orFail<T>(parse: () => T, argumentIndex: number): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof TimeError) throw new FunctionError(error.message, argumentIndex)
    throw error
  }
}

function addDuration(time: string, duration: string): string {
  const timestamp = orFail(() => parseTimestamp(time), 0)
  const epochNs = timestamp.epochNs + orFail(() => parseSignedDurationNs(duration), 1)
  const sum = { ...timestamp, epochNs }
  if (Number.isNaN(localDate(sum).getTime())) throw new FunctionError('the time is out of range', 1)
  return formatTimestamp(sum)
}

/** Of a number of seconds since 1970, or a text of RFC 3339; `X` is that number. */
function formatAny(format: string, time: Value | undefined): string {
  const timestamp = time?.kind === 'number' ? atSecond(wholeOf(time, 1)) : time?.kind === 'string' ? orFail(() => parseTimestamp(time.value), 1) : undefined
  if (timestamp === undefined) throw new FunctionError('a number of seconds or an RFC3339 timestamp is required', 1)
  return format === 'X' ? String(epochSeconds(timestamp)) : formatDate(format, timestamp)
}

function describe(timestamp: Timestamp): Value {
  const date = localDate(timestamp)
  const { year, week } = isoWeek(date)
  return object([
    ['year', integer(date.getUTCFullYear())],
    ['year_day', integer(dayOfYear(date))],
    ['day', integer(date.getUTCDate())],
    ['month', integer(date.getUTCMonth() + 1)],
    ['month_name', string(monthName(date))],
    ['weekday', integer(date.getUTCDay())],
    ['weekday_name', string(dayName(date))],
    ['hour', integer(date.getUTCHours())],
    ['minute', integer(date.getUTCMinutes())],
    ['second', integer(date.getUTCSeconds())],
    ['rfc3339', string(formatTimestamp(timestamp))],
    ['iso_year', integer(year)],
    ['iso_week', integer(week)],
  ])
}

const DAY_MS = 86_400_000

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - startOfYear(date)) / DAY_MS) + 1
}

function startOfYear(date: Date): number {
  const first = new Date(0)
  first.setUTCFullYear(date.getUTCFullYear(), 0, 1)
  return first.getTime()
}

/** ISO 8601: a week belongs to the year that its Thursday is in. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY_MS)
  return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) }
}
