import { compare } from './bigFloat.ts'
import { typesEqual } from './type.ts'
import { typeOf, type Value } from './value.ts'

/** HCL's `==`: values of different types are different, and a null equals any other null. */
export function valuesEqual(a: Value, b: Value): boolean {
  if (a.kind === 'null' || b.kind === 'null') return a.kind === b.kind
  if (!typesEqual(typeOf(a), typeOf(b))) return false
  if (a.kind === 'number') return b.kind === 'number' && compare(a.value, b.value) === 0
  if ('entries' in a) return 'entries' in b && entriesEqual(a.entries, b.entries)
  if ('elements' in a) return 'elements' in b && a.elements.length === b.elements.length && a.elements.every((element, index) => elementsEqual(element, b.elements[index]))
  return 'value' in b && a.value === b.value
}

function entriesEqual(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => elementsEqual(value, b.get(key)))
}

function elementsEqual(a: Value, b: Value | undefined): boolean {
  return b !== undefined && valuesEqual(a, b)
}
