import { compare } from './bigFloat.ts'
import { formatNumber } from './formatNumber.ts'
import { compareText, type Type } from './type.ts'
import { valuesEqual } from './valuesEqual.ts'
import type { SetValue, Value } from './value.ts'

/** Each value once. Sets have no order of their own, but one in which they are gone through: nulls last. @param elements all of `elementType` */
export function makeSet(elementType: Type, elements: readonly Value[]): SetValue {
  const sorted = [...elements].sort(compareElements)
  const once = sorted.filter((element, index) => {
    const before = sorted[index - 1]
    return before === undefined || !valuesEqual(before, element)
  })
  return { kind: 'set', elementType, elements: once }
}

function compareElements(a: Value, b: Value): number {
  if (a.kind === 'null' || b.kind === 'null') return Number(a.kind === 'null') - Number(b.kind === 'null')
  if (a.kind === 'string' && b.kind === 'string') return compareText(a.value, b.value)
  if (a.kind === 'number' && b.kind === 'number') return compare(a.value, b.value)
  if (a.kind === 'bool' && b.kind === 'bool') return Number(a.value) - Number(b.value)
  return compareText(orderKey(a), orderKey(b))
}

/** What composed values are sorted by, as cty does: their text in brackets of their kind. */
function orderKey(value: Value): string {
  switch (value.kind) {
    case 'null':
      return '~'
    case 'string':
      return JSON.stringify(value.value)
    case 'number':
      return formatNumber(value.value)
    case 'bool':
      return value.value ? 'T' : 'F'
    case 'map':
      return `{${[...value.entries].map(([key, entry]) => `${JSON.stringify(key)}:${orderKey(entry)};`).join('')}}`
    case 'object':
      return `<${[...value.entries.values()].map((entry) => `${orderKey(entry)};`).join('')}>`
    case 'list':
    case 'set':
    case 'tuple': {
      const text = value.elements.map((element) => `${orderKey(element)};`).join('')
      return value.kind === 'tuple' ? `<${text}>` : `[${text}]`
    }
  }
}
