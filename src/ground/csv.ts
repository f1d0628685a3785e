/**
 * The fields of one line of CSV (RFC 4180): a field that holds a comma or a quote stands in quotes, in which a quote is
 * written twice. Undefined where a quote is never closed, or something follows it.
 */
export function splitCsvLine(line: string): readonly string[] | undefined {
  const fields: string[] = []
  let rest: string | undefined = line
  while (rest !== undefined) {
    const field = rest.startsWith('"') ? QUOTED.exec(rest) : PLAIN.exec(rest)
    if (field === null) return undefined
    fields.push(rest.startsWith('"') ? (field[1] ?? '').replaceAll('""', '"') : field[0])
    const after: string = rest.slice(field[0].length)
    rest = after === '' ? undefined : after.slice(1)
  }
  return fields
}

const QUOTED = /^"((?:[^"]|"")*)"(?=,|$)/
const PLAIN = /^[^,]*/

/** `fields` as one line that `splitCsvLine` takes apart into them again. */
export function joinCsvLine(fields: readonly string[]): string {
  return fields.map((field) => (/^"|,/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}
