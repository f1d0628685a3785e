import { FunctionError } from '../../evaluate/scope.ts'
import { objectOf, STRING } from '../../values/type.ts'
import { list, object, string, type Value } from '../../values/value.ts'

/** RFC 4180: a list of objects, whose names are in the first row. Empty lines do not count. @throws FunctionError */
export function decodeCsv(text: string): Value {
  const [header, ...rows] = readRows(text)
  if (header === undefined) throw new FunctionError('missing header line')
  const repeated = header.fields.find((name, index) => header.fields.indexOf(name) !== index)
  if (repeated !== undefined) throw new FunctionError(`duplicate column name ${JSON.stringify(repeated)}`)
  const objects = rows.map(({ fields, line }) => {
    if (fields.length !== header.fields.length) throw new FunctionError(`CSV parse error on line ${line}: wrong number of fields`)
    return object(header.fields.map((name, index) => [name, string(fields[index] ?? '')]))
  })
  return list(objectOf(header.fields.map((name) => [name, STRING])), objects)
}

interface Row {
  readonly fields: readonly string[]
  /** Where it begins, counted from 1. */
  readonly line: number
}

const QUOTED = /"((?:[^"]|"")*)"/y
const BARE = /[^,\n"]*/y

function readRows(text: string): readonly Row[] {
  const normalized = text.replaceAll('\r\n', '\n')
  const rows: Row[] = []
  let offset = 0
  let line = 1
  while (offset < normalized.length) {
    const start = offset
    const row = readRow(normalized, offset, line)
    offset = row.end
    if (normalized[start] !== '\n') rows.push({ fields: row.fields, line })
    line += normalized.slice(start, offset).split('\n').length - 1
  }
  return rows
}

function readRow(text: string, start: number, line: number): { readonly fields: readonly string[]; readonly end: number } {
  const fields: string[] = []
  for (let offset = start; ; offset++) {
    const pattern = text[offset] === '"' ? QUOTED : BARE
    pattern.lastIndex = offset
    const match = pattern.exec(text)
    if (match === null) throw new FunctionError(`CSV parse error on line ${line}: extraneous or missing " in quoted-field`)
    fields.push(match[1]?.replaceAll('""', '"') ?? match[0])
    offset = pattern.lastIndex
    const separator = text[offset]
    if (separator === undefined || separator === '\n') return { fields, end: offset + 1 }
    if (separator !== ',') throw new FunctionError(`CSV parse error on line ${line}: ${pattern === QUOTED ? 'extraneous or missing " in quoted-field' : 'bare " in non-quoted-field'}`)
  }
}
