/** One field that two documents have differently; undefined where one has it not. */
export interface FieldDifference {
  /** `config.Env[2]` */
  readonly field: string
  readonly first: string | undefined
  readonly second: string | undefined
}

/** Field by field, in the order of the documents; values as JSON. */
export function compareJson(first: unknown, second: unknown, field = ''): readonly FieldDifference[] {
  if (Array.isArray(first) && Array.isArray(second)) {
    const [a, b]: readonly (readonly unknown[])[] = [first, second]
    return Array.from({ length: Math.max(first.length, second.length) }, (_, index) => compareJson(a?.[index], b?.[index], `${field}[${index}]`)).flat()
  }
  if (isObject(first) && isObject(second)) {
    const [a, b] = [new Map(Object.entries(first)), new Map(Object.entries(second))]
    return [...new Set([...a.keys(), ...b.keys()])].flatMap((key) => compareJson(a.get(key), b.get(key), field === '' ? key : `${field}.${key}`))
  }
  const [a, b] = [show(first), show(second)]
  return a === b ? [] : [{ field, first: a, second: b }]
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}
