import type { Json } from './canonicalJson.ts'

/** JSON that may hold maps, which are written as Go's are: sorted by key, `10` before `9`, whatever JavaScript's objects do. */
export type GoJson = Json | ReadonlyMap<string, GoJson> | readonly GoJson[] | { readonly [key: string]: GoJson | undefined }

/** JSON as Go's encoder writes it, with fields in the order given and absent ones left out: so what Pelago and Docker's tools make of the same data has the same bytes. */
export function formatGoJson(value: GoJson, layout: 'compact' | 'indented'): string {
  return layout === 'compact' ? write(value, undefined) : write(value, '\n')
}

/** @param line how a line of this depth begins; undefined is all on one line */
function write(value: GoJson, line: string | undefined): string {
  if (typeof value !== 'object' || value === null) return escape(JSON.stringify(value))
  const inner = line === undefined ? undefined : `${line}  `
  if (isList(value)) return enclose('[', value.map((item) => write(item, inner)), ']', line)
  const fields = fieldsOf(value).map(([key, field]) => `${escape(JSON.stringify(key))}:${line === undefined ? '' : ' '}${write(field, inner)}`)
  return enclose('{', fields, '}', line)
}

function fieldsOf(value: ReadonlyMap<string, GoJson> | Readonly<Record<string, GoJson | undefined>>): readonly (readonly [key: string, value: GoJson])[] {
  if (value instanceof Map) return [...(value as ReadonlyMap<string, GoJson>)].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.entries(value).flatMap(([key, field]) => (field === undefined ? [] : [[key, field] as const]))
}

function isList(value: object): value is readonly GoJson[] {
  return Array.isArray(value)
}

function enclose(open: string, items: readonly string[], close: string, line: string | undefined): string {
  if (items.length === 0) return open + close
  return line === undefined ? `${open}${items.join(',')}${close}` : `${open}${line}  ${items.join(`,${line}  `)}${line}${close}`
}

function escape(text: string): string {
  return text.replaceAll(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
