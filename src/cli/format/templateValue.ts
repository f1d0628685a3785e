/** JSON-like data that a template reads. */
export type TemplateValue = string | number | boolean | null | undefined | readonly TemplateValue[] | { readonly [key: string]: TemplateValue }

export function isList(value: TemplateValue): value is readonly TemplateValue[] {
  return Array.isArray(value)
}

export function isObject(value: TemplateValue): value is Readonly<Record<string, TemplateValue>> {
  return typeof value === 'object' && value !== null && !isList(value)
}

/** Of a list its elements, of an object its values, with the keys sorted as Go does; else none. */
export function entriesOf(value: TemplateValue): readonly (readonly [key: string | number, element: TemplateValue])[] {
  if (isList(value)) return value.map((element, index) => [index, element])
  return isObject(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : []
}

/** Go's truth: empty lists, maps and texts, 0 and nothing are false. */
export function isTruthy(value: TemplateValue): boolean {
  return isList(value) || isObject(value) ? entriesOf(value).length > 0 : Boolean(value)
}

/** As Go prints values: `[a b]`, `map[k:v]`. Nothing is ''. */
export function formatValue(value: TemplateValue): string {
  if (value === undefined || value === null) return ''
  if (isList(value)) return `[${value.map(formatValue).join(' ')}]`
  if (isObject(value)) return `map[${entriesOf(value).map(([key, element]) => `${key}:${formatValue(element)}`).join(' ')}]`
  return String(value)
}
