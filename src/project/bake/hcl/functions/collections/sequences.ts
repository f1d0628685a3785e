import { FunctionError } from '../../evaluate/scope.ts'
import { add, compare, fromInteger, isInteger, toInteger, ZERO, type BigFloat } from '../../values/bigFloat.ts'
import { unify } from '../../values/conversion.ts'
import { convert } from '../../values/convert.ts'
import { ANY, friendlyName, listOf, NUMBER, STRING } from '../../values/type.ts'
import { valuesEqual } from '../../values/valuesEqual.ts'
import { bool, integer, list, NULL, number, tuple, typeOf, type ListValue, type SetValue, type TupleValue, type Value } from '../../values/value.ts'
import { anything, defineFunction, defineVariadic, listParameter, numberOf, numeric, orNull, wholeOf, type Functions } from '../define.ts'

export const SEQUENCES: Functions = [
  ['chunklist', defineFunction([listParameter('list', ANY), numeric('size')], chunk)],
  ['coalesce', defineVariadic([], orNull(anything('vals')), (_, values) => coalesce(values))],
  ['coalescelist', defineVariadic([], orNull(anything('vals')), (_, values) => coalesceList(values))],
  ['compact', defineFunction([listParameter('list', STRING)], (given) => list(STRING, elementsOf(given).filter((element) => element.kind === 'string' && element.value !== '')))],
  ['concat', defineVariadic([], anything('seqs'), (_, values) => concat(values))],
  ['contains', defineFunction([anything('list'), anything('value')], (given, wanted) => bool(elementsOf(asSequence(given, 'argument must be list, tuple, or set')).some((element) => valuesEqual(element, wanted))))],
  ['distinct', defineFunction([listParameter('list', ANY)], distinct)],
  ['element', defineFunction([anything('list'), numeric('index')], elementAt)],
  ['flatten', defineFunction([anything('list')], (given) => tuple(flatten(asSequence(given, 'can only flatten lists, sets and tuples'))))],
  ['indexof', defineFunction([anything('list'), anything('value')], indexOf)],
  ['range', defineVariadic([], numeric('params'), (_, limits) => list(NUMBER, range(limits.map(numberOf)).map(number)))],
  ['reverselist', defineFunction([anything('list')], reverse)],
  ['slice', defineFunction([anything('list'), numeric('start_index'), numeric('end_index')], slice)],
]

type Sequence = ListValue | TupleValue | SetValue

function asSequence(value: Value | undefined, message: string, argumentIndex?: number): Sequence {
  if (value !== undefined && 'elements' in value) return value
  throw new FunctionError(message, argumentIndex)
}

function elementsOf(value: Value | undefined): readonly Value[] {
  return value !== undefined && 'elements' in value ? value.elements : []
}

function chunk(given: Value | undefined, sizeValue: Value | undefined): Value {
  const elements = elementsOf(given)
  const type = given === undefined ? ANY : typeOf(given)
  const elementType = type.kind === 'list' ? type.element : ANY
  if (elements.length === 0) return list(listOf(elementType), [])
  const size = wholeOf(sizeValue)
  if (size < 0) throw new FunctionError('the size argument must be positive')
  const step = size === 0 ? elements.length : size
  const chunks = Array.from({ length: Math.ceil(elements.length / step) }, (_, index) => list(elementType, elements.slice(index * step, (index + 1) * step)))
  return list(listOf(elementType), chunks)
}

function coalesce(values: readonly Value[]): Value {
  const type = unify(values.map(typeOf), 'unsafe')
  if (type === undefined) throw new FunctionError('all arguments must have the same type')
  const first = values.find(({ kind }) => kind !== 'null')
  if (first === undefined) throw new FunctionError('no non-null arguments')
  return convert(first, type)
}

function coalesceList(values: readonly Value[]): Value {
  if (values.length === 0) throw new FunctionError('at least one argument is required')
  const isSequence = (value: Value): boolean => ['list', 'tuple'].includes(typeOf(value).kind)
  if (!values.every(isSequence)) throw new FunctionError('coalescelist arguments must be lists or tuples')
  const first = values.find((value) => elementsOf(value).length > 0)
  if (first === undefined) throw new FunctionError('no non-null arguments')
  return first
}

function concat(values: readonly Value[]): Value {
  if (values.length === 0) throw new FunctionError('at least one argument is required')
  const wrong = values.findIndex(({ kind }) => kind !== 'list' && kind !== 'tuple')
  if (wrong !== -1) throw new FunctionError(`all arguments must be lists or tuples; got ${friendlyName(typeOf(values[wrong] ?? NULL))}`, wrong)
  const elements = values.flatMap(elementsOf)
  const type = values.every(({ kind }) => kind === 'list') ? unify(values.map(typeOf), 'unsafe') : undefined
  return type?.kind === 'list' ? list(type.element, elements.map((element) => convert(element, type.element))) : tuple(elements)
}

function distinct(given: Value | undefined): Value {
  const elements: Value[] = []
  for (const element of elementsOf(given)) if (!elements.some((before) => valuesEqual(before, element))) elements.push(element)
  return given?.kind === 'list' ? { ...given, elements } : tuple(elements)
}

/** Counted round and round. */
function elementAt(given: Value | undefined, indexValue: Value | undefined): Value {
  if (given?.kind !== 'list' && given?.kind !== 'tuple') throw new FunctionError(`cannot read elements from ${friendlyName(typeOf(given ?? NULL))}`)
  const index = wholeOf(indexValue)
  if (index < 0) throw new FunctionError('cannot use element function with a negative index')
  const { elements } = given
  const element = elements[index % elements.length]
  if (element === undefined) throw new FunctionError('cannot use element function with an empty list')
  return element
}

function flatten({ elements }: Sequence): readonly Value[] {
  return elements.flatMap((element) => ('elements' in element ? flatten(element) : [element]))
}

function indexOf(given: Value | undefined, wanted: Value | undefined): Value {
  if (given?.kind !== 'list' && given?.kind !== 'tuple') throw new FunctionError('argument must be a list or tuple')
  if (given.elements.length === 0) throw new FunctionError('cannot search an empty list')
  const index = given.elements.findIndex((element) => wanted !== undefined && valuesEqual(element, wanted))
  if (index === -1) throw new FunctionError('item not found')
  return integer(index)
}

const MAX_RANGE = 1024

function range(limits: readonly BigFloat[]): readonly BigFloat[] {
  if (limits.length < 1 || limits.length > 3) throw new FunctionError('must have one, two, or three arguments')
  const [start = ZERO, end = ZERO] = limits.length === 1 ? [ZERO, ...limits] : limits
  const direction = Math.sign(compare(end, start))
  const step = limits[2] ?? fromInteger(direction)
  if (direction === 0) return []
  checkStep(step, direction)
  const numbers: BigFloat[] = []
  for (let next: BigFloat | undefined = start; next !== undefined && Math.sign(compare(end, next)) === direction; next = add(next, step)) {
    if (numbers.length === MAX_RANGE) throw new FunctionError(`more than ${MAX_RANGE} values were generated; either decrease the difference between start and end or use a larger step`)
    numbers.push(next)
  }
  return numbers
}

function checkStep(step: BigFloat, direction: number): void {
  const sign = Math.sign(compare(step, ZERO))
  if (sign === 0) throw new FunctionError('step must not be zero', 2)
  if (sign !== direction) throw new FunctionError(direction < 0 ? 'end must be greater than start when step is positive' : 'end must be less than start when step is negative', 1)
}

function reverse(given: Value | undefined): Value {
  const sequence = asSequence(given, `can only reverse list or tuple values, not ${friendlyName(typeOf(given ?? NULL))}`, 0)
  const elements = [...sequence.elements].reverse()
  return sequence.kind === 'tuple' ? tuple(elements) : list(sequence.elementType, elements)
}

function slice(given: Value | undefined, startValue: Value | undefined, endValue: Value | undefined): Value {
  if (given?.kind === 'set') throw new FunctionError('cannot slice a set, because its elements do not have indices; convert it to a list first', 0)
  if (given?.kind !== 'list' && given?.kind !== 'tuple') throw new FunctionError('must be a list or tuple value', 0)
  const count = given.elements.length
  const start = boundOf(startValue, { count, argumentIndex: 1, name: 'start' })
  const end = boundOf(endValue, { count, argumentIndex: 2, name: 'end' })
  if (start > end) throw new FunctionError('start index must not be greater than end index', 1)
  return { ...given, elements: given.elements.slice(start, end) }
}

function boundOf(value: Value | undefined, { count, argumentIndex, name }: { readonly count: number; readonly argumentIndex: number; readonly name: string }): number {
  const bound = wholeOf(value, argumentIndex)
  if (bound < 0) throw new FunctionError(`${name} index must not be less than zero`, argumentIndex)
  if (bound > count) throw new FunctionError(`${name} index must not be greater than the length of the list`, argumentIndex)
  return bound
}

/** The position that a number is, where it is one. */
export function positionOf(value: Value | undefined): number | undefined {
  if (value?.kind !== 'number' || !isInteger(value.value)) return undefined
  return Number(toInteger(value.value))
}
