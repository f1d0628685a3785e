import { UsageError } from '../flags/usageError.ts'
import { entriesOf, formatValue, isList, isObject, isTruthy, type TemplateValue } from './templateValue.ts'

/** The functions of Docker's templates, and those of Go's that formats use. */
const FUNCTIONS = {
  and: (values) => values.find((value) => !isTruthy(value)) ?? values.at(-1),
  eq: ([first, ...rest]) => rest.some((value) => formatValue(value) === formatValue(first)),
  index: ([first, ...keys]) => keys.reduce<TemplateValue>(elementAt, first),
  join: ([list, separator]) => entriesOf(list).map(([, element]) => formatValue(element)).join(formatValue(separator)),
  json: ([value]) => JSON.stringify(value ?? null),
  len: ([value]) => (typeof value === 'string' ? value.length : entriesOf(value).length),
  lower: ([value]) => formatValue(value).toLowerCase(),
  ne: ([first, second]) => formatValue(first) !== formatValue(second),
  not: ([value]) => !isTruthy(value),
  or: (values) => values.find(isTruthy) ?? values.at(-1),
  print: (values) => values.map(formatValue).join(''),
  printf: ([format, ...values]) => printf(formatValue(format), values),
  println: (values) => `${values.map(formatValue).join(' ')}\n`,
  split: ([text, separator]) => formatValue(text).split(formatValue(separator)),
  title: ([value]) => formatValue(value).replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  upper: ([value]) => formatValue(value).toUpperCase(),
} as const satisfies Readonly<Record<string, (operands: readonly TemplateValue[]) => TemplateValue>>

export type FunctionName = keyof typeof FUNCTIONS

export const FUNCTION_NAMES: readonly FunctionName[] = Object.keys(FUNCTIONS) as FunctionName[]

/** @throws UsageError */
export function callFunction(name: FunctionName, operands: readonly TemplateValue[]): TemplateValue {
  return FUNCTIONS[name](operands)
}

function elementAt(value: TemplateValue, key: TemplateValue): TemplateValue {
  if (isList(value)) return value[Number(key)]
  return isObject(value) ? new Map(Object.entries(value)).get(formatValue(key)) : undefined
}

function printf(format: string, values: readonly TemplateValue[]): string {
  let next = 0
  return format.replace(/%(-?\d*)([a-zA-Z%])/g, (_, width: string, verb: string) => {
    if (verb === '%') return '%'
    if (!['s', 'd', 'v', 'q', 't'].includes(verb)) throw new UsageError(`not supported in --format: printf "%${width}${verb}"`, { hint: 'there are %s, %d, %v, %q and %t' })
    const value = values[next++]
    const text = verb === 'q' ? JSON.stringify(formatValue(value)) : formatValue(value)
    return width.startsWith('-') ? text.padEnd(Number(width.slice(1))) : text.padStart(Number(width))
  })
}
