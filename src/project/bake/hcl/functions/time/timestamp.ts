import { InvalidValueError } from '../../../../../ground/errors.ts'

/** A point in time as someone in a zone sees it. */
export interface Timestamp {
  readonly epochNs: bigint
  /** East of Greenwich. */
  readonly offsetMinutes: number
}

/** What a text lacks to be a time or duration. The message is the part of a sentence. */
export class TimeError extends InvalidValueError {}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/** @throws TimeError unless `text` is in the form of RFC 3339 */
export function parseTimestamp(text: string): Timestamp {
  const match = RFC3339.exec(text)
  if (match === null) throw new TimeError(`not a valid RFC3339 timestamp: ${JSON.stringify(text)} has not the form 2006-01-02T15:04:05Z`)
  const epochMs = readDate(match, text)
  const [, fraction = '', sign, hours = '0', minutes = '0'] = match.slice(6)
  const offsetMinutes = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  return { epochNs: BigInt(epochMs - offsetMinutes * 60_000) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0')), offsetMinutes }
}

/** As if it were at Greenwich. */
function readDate(match: RegExpExecArray, text: string): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  // what is out of range runs over into the next larger
  const wrong = [
    { name: 'second', isWrong: date.getUTCSeconds() !== second },
    { name: 'minute', isWrong: date.getUTCMinutes() !== minute },
    { name: 'hour', isWrong: date.getUTCHours() !== hour },
    { name: 'month', isWrong: month < 1 || month > 12 },
    { name: 'day of month', isWrong: date.getUTCDate() !== day },
  ].find(({ isWrong }) => isWrong)
  if (wrong !== undefined) throw new TimeError(`not a valid RFC3339 timestamp: ${wrong.name} out of range in ${JSON.stringify(text)}`)
  return date.getTime()
}

/** In the form of RFC 3339, in whole seconds. */
export function formatTimestamp(timestamp: Timestamp): string {
  return localDate(timestamp).toISOString().replace(/\.\d+Z$/, '') + formatOffset(timestamp, ':', 'Z')
}

/** A date whose UTC is the local time. */
export function localDate({ epochNs, offsetMinutes }: Timestamp): Date {
  return new Date(Number(floorDivide(epochNs, 1_000_000n)) + offsetMinutes * 60_000)
}

export function epochSeconds({ epochNs }: Timestamp): bigint {
  return floorDivide(epochNs, 1_000_000_000n)
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}

/** @param atGreenwich what stands for no offset, where something does */
export function formatOffset({ offsetMinutes }: Timestamp, separator: string, atGreenwich?: string): string {
  if (offsetMinutes === 0 && atGreenwich !== undefined) return atGreenwich
  const minutes = Math.abs(offsetMinutes)
  return `${offsetMinutes < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}${separator}${twoDigits(minutes % 60)}`
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

const UNIT_NS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])

/** Go's durations, negative ones too: `1h30m`, `-1.5h`. @throws TimeError */
export function parseSignedDurationNs(text: string): bigint {
  const [, sign, magnitude = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (magnitude === '0') return 0n
  const parts = [...magnitude.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)]
  if (magnitude === '' || parts.map(([part]) => part).join('') !== magnitude) throw new TimeError(`invalid duration ${JSON.stringify(text)}: write numbers with units, such as 1h30m or -10s`)
  const sum = parts.reduce((total, [, count = '', unit = '']) => total + multiply(count, UNIT_NS.get(unit) ?? 0n), 0n)
  return sign === '-' ? -sum : sum
}

function multiply(count: string, unitNs: bigint): bigint {
  const [whole = '', fraction = ''] = count.split('.')
  return (BigInt(whole + fraction) * unitNs) / 10n ** BigInt(fraction.length)
}
