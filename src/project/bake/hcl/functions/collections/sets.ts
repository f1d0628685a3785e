import { FunctionError } from '../../evaluate/scope.ts'
import { unify } from '../../values/conversion.ts'
import { convert } from '../../values/convert.ts'
import { makeSet } from '../../values/makeSet.ts'
import { ANY, setOf, tupleOf, type Type } from '../../values/type.ts'
import { valuesEqual } from '../../values/valuesEqual.ts'
import { bool, list, tuple, typeOf, type SetValue, type Value } from '../../values/value.ts'
import { anything, defineFunction, defineVariadic, setParameter, type Functions } from '../define.ts'

export const SETS: Functions = [
  ['sethaselement', defineFunction([setParameter('set'), anything('elem')], (set, element) => bool(has(asSet(set).elements, element)))],
  ['setintersection', operation((a, b) => a.filter((element) => has(b, element)))],
  ['setproduct', defineVariadic([], anything('sets'), (_, sets) => product(sets))],
  ['setsubtract', defineFunction([setParameter('a'), setParameter('b')], (a, b) => combine([a, b].map(asSet), (left, right) => left.filter((element) => !has(right, element))))],
  ['setsymmetricdifference', operation((a, b) => [...a.filter((element) => !has(b, element)), ...b.filter((element) => !has(a, element))])],
  ['setunion', operation((a, b) => [...a, ...b])],
]

type Combination = (a: readonly Value[], b: readonly Value[]) => readonly Value[]

function operation(combination: Combination): ReturnType<typeof defineVariadic> {
  return defineVariadic([setParameter('first_set')], setParameter('other_sets'), ([first], others) => combine([first, ...others].map(asSet), combination))
}

function combine(sets: readonly SetValue[], combination: Combination): Value {
  // of an empty set, the type of its elements says nothing
  const elementType = unify(sets.filter(({ elements }) => elements.length > 0).map((set) => set.elementType), 'unsafe')
  if (elementType === undefined) throw new FunctionError('given sets must all have compatible element types')
  const [first, ...others] = sets.map((set) => asSet(convert(set, setOf(elementType))).elements)
  return others.reduce<SetValue>((left, right) => makeSet(elementType, combination(left.elements, right)), makeSet(elementType, first ?? []))
}

function asSet(value: Value | undefined): SetValue {
  if (value?.kind !== 'set') throw new Error('the parameter makes it a set')
  return value
}

function has(elements: readonly Value[], wanted: Value): boolean {
  return elements.some((element) => valuesEqual(element, wanted))
}

/** As many tuples as a build can have use for, and more. */
const MAX_PRODUCT = 100_000

function product(sets: readonly Value[]): Value {
  if (sets.length < 2) throw new FunctionError('at least two arguments are required')
  const elementTypes = sets.map(commonType)
  const total = sets.reduce((count, set) => count * elementsOf(set).length, 1)
  if (total > MAX_PRODUCT) throw new FunctionError(`the product has ${total} elements, more than ${MAX_PRODUCT}`)
  const rows = sets.reduce<readonly (readonly Value[])[]>((before, set, index) => before.flatMap((row) => elementsOf(set).map((element) => [...row, convert(element, elementTypes[index] ?? ANY)])), [[]])
  const type = tupleOf(elementTypes)
  return sets.some(({ kind }) => kind === 'set') ? makeSet(type, rows.map(tuple)) : list(type, rows.map(tuple))
}

function commonType(set: Value, index: number): Type {
  if (set.kind === 'list' || set.kind === 'set') return set.elementType
  if (set.kind !== 'tuple') throw new FunctionError('a set or a list is required', index)
  const type = unify(set.elements.map(typeOf), 'unsafe')
  if (type === undefined) throw new FunctionError('all elements must be of the same type', index)
  return type
}

function elementsOf(value: Value): readonly Value[] {
  return 'elements' in value ? value.elements : []
}
