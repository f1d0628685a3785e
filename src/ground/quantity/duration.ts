import { InvalidValueError } from '../errors.ts'

const UNIT_NS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
  ['d', 24 * 3600e9],
])

/** Go's durations, and days: `24h`, `1h30m`, `7d`. @throws InvalidValueError */
export function parseDurationNs(text: string): bigint {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d)/g)]
  if (text === '' || parts.map(([part]) => part).join('') !== text) {
    throw new InvalidValueError(`invalid duration: ${JSON.stringify(text)}`, { hint: 'write numbers with units, such as 24h or 1h30m' })
  }
  return parts.reduce((sum, [, count = '', unit = '']) => sum + BigInt(Math.round(Number(count) * (UNIT_NS.get(unit) ?? 0))), 0n)
}
