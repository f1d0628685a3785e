import { splitCsvLine } from '../../../ground/csv.ts'
import { BakeError } from '../bakeError.ts'

/** An attribute that has attributes: where a cache or a result goes, what is attested. `type` is always there. */
export type Entry = ReadonlyMap<string, string>

/** Fields of `KEY=VALUE,KEY=VALUE`, as written. @throws BakeError on a misplaced quote */
export function splitFields(text: string): readonly string[] {
  const fields = splitCsvLine(text)
  if (fields === undefined) throw new BakeError(`misplaced quote in ${JSON.stringify(text)}`, { hint: 'put the whole field in quotes: type=local,"dest=a,b"' })
  return fields
}

/** @throws BakeError where there is no `=` */
export function splitField(field: string): readonly [key: string, value: string] {
  const sign = field.indexOf('=')
  if (sign < 0) throw new BakeError(`invalid value ${field}`, { hint: 'write KEY=VALUE' })
  return [field.slice(0, sign), field.slice(sign + 1)]
}

/** What the flag of the same meaning takes: `type` first, the rest sorted. */
export function formatEntry(entry: Entry): string {
  const rest = [...entry].filter(([key]) => key !== 'type').sort(([a], [b]) => (a < b ? -1 : 1))
  return formatFields([['type', entry.get('type') ?? ''], ...rest])
}

/** As CSV, quoted where a comma or a quote asks for it. */
export function formatFields(fields: readonly (readonly [key: string, value: string])[]): string {
  return fields.map(([key, value]) => `${key}=${value}`).map((field) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}

export function isSameEntry(a: Entry, b: Entry): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}

/**
 * Each once. The order is buildx's, so that both print the same: of equal ones the first stays, and the last of all takes
 * the place of the one that goes.
 */
export function withoutDuplicates<T>(items: readonly T[], isSame: (a: T, b: T) => boolean): readonly T[] {
  const kept = [...items]
  for (let index = kept.length - 2; index >= 0; index--) {
    const twin = kept.findIndex((other, at) => at > index && isSame(other, kept[index] ?? other))
    const last = kept.at(-1)
    if (twin < 0 || last === undefined) continue
    kept[twin] = last
    kept.pop()
  }
  return kept
}
