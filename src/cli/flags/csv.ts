import { UsageError } from './usageError.ts'

/**
 * The fields of one line of CSV (RFC 4180), as `--output` takes them: a field that holds a comma or a quote stands in
 * quotes, in which a quote is written twice.
 * @throws UsageError where a quote is never closed, or something follows it
 */
export function splitCsv(line: string): readonly string[] {
  const fields: string[] = []
  let rest: string | undefined = line
  while (rest !== undefined) {
    const field = rest.startsWith('"') ? QUOTED.exec(rest) : PLAIN.exec(rest)
    if (field === null) throw new UsageError(`misplaced quote in ${JSON.stringify(line)}`, { hint: 'put the whole field in quotes: \'type=local,"dest=a,b"\'' })
    fields.push(rest.startsWith('"') ? (field[1] ?? '').replaceAll('""', '"') : field[0])
    const after: string = rest.slice(field[0].length)
    rest = after === '' ? undefined : after.slice(1)
  }
  return fields
}

const QUOTED = /^"((?:[^"]|"")*)"(?=,|$)/
const PLAIN = /^[^,]*/

export interface KeyValue {
  readonly key: string
  /** Undefined where there is no `=`. */
  readonly value: string | undefined
}

export function splitKeyValue(text: string): KeyValue {
  const sign = text.indexOf('=')
  return sign < 0 ? { key: text, value: undefined } : { key: text.slice(0, sign), value: text.slice(sign + 1) }
}
