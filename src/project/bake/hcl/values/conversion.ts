import { ANY, isCollection, isPrimitive, listOf, mapOf, objectOf, setOf, tupleOf, typesEqual, type CollectionType, type ObjectType, type TupleType, type Type } from './type.ts'

/** `safe` always succeeds; `unsafe` may turn out to be impossible by the value, as text to number is. */
export type Safety = 'safe' | 'unsafe'

/** Whether values of a type may be converted to another at all (cty's rules). */
export function isConvertible(from: Type, to: Type, safety: Safety): boolean {
  if (to.kind === 'any' || typesEqual(from, to)) return true
  if (from.kind === 'any') return safety === 'unsafe'
  if (isPrimitive(to)) return isPrimitive(from) && isPrimitiveConvertible(from.kind, to.kind, safety)
  if (to.kind === 'object') return isObjectConvertible(from, to, safety)
  if (to.kind === 'tuple') return from.kind === 'tuple' && from.elements.length === to.elements.length && from.elements.every((type, index) => isConvertible(type, to.elements[index] ?? ANY, safety))
  return isCollectionConvertible(from, to, safety)
}

function isPrimitiveConvertible(from: string, to: string, safety: Safety): boolean {
  if (to === 'string') return true
  return from === 'string' && safety === 'unsafe'
}

function isObjectConvertible(from: Type, to: ObjectType, safety: Safety): boolean {
  if (from.kind === 'map') return safety === 'unsafe' && [...to.attributes.values()].every((type) => isConvertible(from.element, type, safety))
  if (from.kind !== 'object') return false
  return [...to.attributes].every(([name, type]) => {
    const attribute = from.attributes.get(name)
    return attribute === undefined ? to.optional.has(name) : isConvertible(attribute, type, safety)
  })
}

function isCollectionConvertible(from: Type, to: CollectionType, safety: Safety): boolean {
  const losesOrder = to.kind === 'set' && (from.kind === 'list' || from.kind === 'tuple')
  if (losesOrder && safety === 'safe') return false
  if (isCollection(from)) return (from.kind === 'map') === (to.kind === 'map') && isConvertible(from.element, to.element, safety)
  if (from.kind !== (to.kind === 'map' ? 'object' : 'tuple')) return false
  const elements = elementTypes(from)
  if (to.element.kind === 'any') return elements.length === 0 || unify(elements, 'unsafe') !== undefined
  return elements.every((type) => isConvertible(type, to.element, safety))
}

/** The type that values of all of `types` can be converted to; undefined where there is none. A null's `any` goes with everything. */
export function unify(types: readonly Type[], safety: Safety): Type | undefined {
  const known = types.filter((type) => type.kind !== 'any')
  const [first, ...rest] = known
  if (first === undefined) return ANY
  if (rest.every((type) => typesEqual(type, first))) return first
  return unifyOfOneKind(known, safety) ?? [...known].sort((a, b) => preference(a) - preference(b)).find((wanted) => known.every((type) => isConvertible(type, wanted, safety)))
}

function unifyOfOneKind(types: readonly Type[], safety: Safety): Type | undefined {
  if (types.every((type) => type.kind === 'object')) return unifyObjects(types, safety)
  if (types.every((type) => type.kind === 'tuple')) return unifyTuples(types, safety)
  if (types.every((type) => type.kind === 'object' || type.kind === 'map')) return collect(types.flatMap(elementTypes), mapOf, safety)
  if (types.every((type) => type.kind === 'tuple' || type.kind === 'list')) return collect(types.flatMap(elementTypes), listOf, safety)
  const [first] = types
  if (first?.kind === 'set' && types.every((type) => type.kind === 'set')) return collect(types.flatMap(elementTypes), setOf, safety)
  return undefined
}

function unifyObjects(types: readonly ObjectType[], safety: Safety): Type | undefined {
  const names = [...(types[0]?.attributes.keys() ?? [])]
  const sameNames = types.every((type) => type.attributes.size === names.length && names.every((name) => type.attributes.has(name)))
  if (!sameNames) return collect(types.flatMap(elementTypes), mapOf, safety)
  const attributes = names.map((name) => [name, unify(types.map((type) => type.attributes.get(name) ?? ANY), safety)] as const)
  const unified = attributes.flatMap(([name, type]) => (type === undefined ? [] : [[name, type] as const]))
  return unified.length === attributes.length ? objectOf(unified) : undefined
}

function unifyTuples(types: readonly TupleType[], safety: Safety): Type | undefined {
  const length = types[0]?.elements.length ?? 0
  if (types.some((type) => type.elements.length !== length)) return collect(types.flatMap(elementTypes), listOf, safety)
  const elements = Array.from({ length }, (_, index) => unify(types.map((type) => type.elements[index] ?? ANY), safety))
  const unified = elements.flatMap((type) => (type === undefined ? [] : [type]))
  return unified.length === length ? tupleOf(unified) : undefined
}

function collect(elements: readonly Type[], make: (element: Type) => Type, safety: Safety): Type | undefined {
  const element = unify(elements, safety)
  return element === undefined ? undefined : make(element)
}

function elementTypes(type: Type): readonly Type[] {
  if (isCollection(type)) return [type.element]
  if (type.kind === 'tuple') return type.elements
  return type.kind === 'object' ? [...type.attributes.values()] : []
}

/** What more can be converted to comes first. */
function preference(type: Type): number {
  return ['string', 'list', 'map', 'object', 'tuple', 'set', 'number', 'bool'].indexOf(type.kind)
}
