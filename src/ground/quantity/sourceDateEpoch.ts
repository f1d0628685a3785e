import { InvalidValueError } from '../errors.ts'

/** The argument and environment variable, https://reproducible-builds.org/specs/source-date-epoch/ */
export const SOURCE_DATE_EPOCH = 'SOURCE_DATE_EPOCH'

/** The end of the year 9999: RFC 3339, in which images tell times, has none later. */
const LATEST_SECONDS = 253_402_300_799

/** Seconds since 1970; undefined where the text is none. */
export function parseEpochSeconds(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= LATEST_SECONDS ? Number(text) : undefined
}

/** `name` is what the user gave the text as. */
export function invalidEpoch(name: string, text: string): InvalidValueError {
  return new InvalidValueError(`invalid ${name}: ${JSON.stringify(text)}`, { hint: 'write seconds since 1970 as a whole number, such as that of git log -1 --format=%ct' })
}

/** RFC 3339 as Go writes whole seconds. */
export function formatEpochTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
