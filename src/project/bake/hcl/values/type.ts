/** The types of HCL's values (cty's). `any` is what is not known: only a null has it as its type. */
export type Type = PrimitiveType | { readonly kind: 'any' } | CollectionType | TupleType | ObjectType

export interface PrimitiveType {
  readonly kind: 'string' | 'number' | 'bool'
}
export interface CollectionType {
  readonly kind: 'list' | 'set' | 'map'
  readonly element: Type
}
export interface TupleType {
  readonly kind: 'tuple'
  readonly elements: readonly Type[]
}
export interface ObjectType {
  readonly kind: 'object'
  /** Sorted by name. */
  readonly attributes: ReadonlyMap<string, Type>
  /** What a value may lack: it gets a null then. */
  readonly optional: ReadonlySet<string>
}

export const STRING: PrimitiveType = { kind: 'string' }
export const NUMBER: PrimitiveType = { kind: 'number' }
export const BOOL: PrimitiveType = { kind: 'bool' }
export const ANY: Type = { kind: 'any' }

export function listOf(element: Type): CollectionType {
  return { kind: 'list', element }
}
export function setOf(element: Type): CollectionType {
  return { kind: 'set', element }
}
export function mapOf(element: Type): CollectionType {
  return { kind: 'map', element }
}
export function tupleOf(elements: readonly Type[]): TupleType {
  return { kind: 'tuple', elements }
}
export function objectOf(attributes: Iterable<readonly [string, Type]>, optional: ReadonlySet<string> = new Set()): ObjectType {
  return { kind: 'object', attributes: sortByName(attributes), optional }
}

export function isCollection(type: Type): type is CollectionType {
  return type.kind === 'list' || type.kind === 'set' || type.kind === 'map'
}
export function isPrimitive(type: Type): type is PrimitiveType {
  return type.kind === 'string' || type.kind === 'number' || type.kind === 'bool'
}

export function typesEqual(a: Type, b: Type): boolean {
  if (isCollection(a)) return isCollection(b) && a.kind === b.kind && typesEqual(a.element, b.element)
  if (a.kind === 'tuple') return b.kind === 'tuple' && a.elements.length === b.elements.length && a.elements.every((type, index) => typesEqual(type, b.elements[index] ?? ANY))
  if (a.kind === 'object') return b.kind === 'object' && a.attributes.size === b.attributes.size && [...a.attributes].every(([name, type]) => typesEqual(type, b.attributes.get(name) ?? tupleOf([])))
  return a.kind === b.kind
}

export function containsAny(type: Type): boolean {
  if (isCollection(type)) return containsAny(type.element)
  if (type.kind === 'tuple') return type.elements.some(containsAny)
  if (type.kind === 'object') return [...type.attributes.values()].some(containsAny)
  return type.kind === 'any'
}

/** As messages name it: `list of string`; tuples and objects without what is in them. */
export function friendlyName(type: Type): string {
  switch (type.kind) {
    case 'any':
      return 'dynamic'
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind} of ${type.element.kind === 'any' ? 'any single type' : friendlyName(type.element)}`
    case 'string':
    case 'number':
    case 'bool':
    case 'tuple':
    case 'object':
      return type.kind
  }
}

/** In the order in which HCL goes through names: by code point. The last of equal names counts. */
export function sortByName<T>(entries: Iterable<readonly [string, T]>): ReadonlyMap<string, T> {
  return new Map([...new Map(entries)].sort(([a], [b]) => compareText(a, b)))
}

/** By code point, which is the order of the UTF-8 bytes; JavaScript's own is that of UTF-16. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)]
    // halves of a pair stand above all else, but for what is between them and the end of the plane
    if (left !== right) return surrogateLast(left) - surrogateLast(right)
  }
  return a.length - b.length
}

function surrogateLast(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
