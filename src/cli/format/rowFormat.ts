import { parseTemplate, type TemplateValue } from './goTemplate.ts'
import { formatTable } from './table.ts'

/** A `--format` of a command that lists things. Each row is an object of the fields that templates name. */
export type RowFormat =
  /** None was given, or `table` alone: the command's own. */
  | { readonly kind: 'default' }
  | { readonly kind: 'json' | 'template' | 'table'; apply(rows: readonly TemplateValue[]): string }

/**
 * As Docker's lists have it: `json` is an object a line, `table TEMPLATE` a table with headings, whose columns are
 * parted by `\t`; else the template is applied to each row. `headings` are those that are not the field's name.
 * @throws UsageError
 */
export function parseRowFormat(text: string | undefined, headings: ReadonlyMap<string, string> = new Map()): RowFormat {
  if (text === undefined || text === '' || /^table\s*$/.test(text)) return { kind: 'default' }
  const [, inTable] = /^table\s+(.*)$/s.exec(text) ?? []
  const template = parseTemplate(inTable ?? text)
  if (inTable === undefined) return { kind: text === 'json' ? 'json' : 'template', apply: (rows) => rows.map((row) => `${template.apply(row)}\n`).join('') }
  const head = template.apply(headingRow(template.fields, headings)).split('\t')
  return { kind: 'table', apply: (rows) => formatTable(head, rows.map((row) => template.apply(row).split('\t'))) }
}

/** An object of the shape of the rows, that has the headings where these have their values. */
function headingRow(fields: readonly (readonly string[])[], headings: ReadonlyMap<string, string>): TemplateValue {
  const [names, nested] = [fields.filter((path) => path.length === 1), fields.filter((path) => path.length > 1)]
  const groups = Map.groupBy(nested, ([first = '']) => first)
  return Object.fromEntries([
    ...names.map(([name = '']) => [name, headings.get(name) ?? headingOf(name)] as const),
    ...[...groups].map(([first, paths]) => [first, headingRow(paths.map(([, ...rest]) => rest), headings)] as const),
  ])
}

/** `DriverEndpoint` is under `DRIVER ENDPOINT`. */
function headingOf(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase()
}
