import { parseBigFloat } from './bigFloat.ts'
import { ConversionError, describeMismatch } from './conversionError.ts'
import { isConvertible, unify } from './conversion.ts'
import { formatNumber } from './formatNumber.ts'
import { makeSet } from './makeSet.ts'
import { ANY, containsAny, isPrimitive, typesEqual, type CollectionType, type ObjectType, type PrimitiveType, type TupleType, type Type } from './type.ts'
import { bool, list, map, NULL, nullOf, number, object, string, tuple, typeOf, type Value } from './value.ts'

/**
 * The value as one of `type`, by the rules of cty: numbers and bools become text and, where it says one, text a number
 * or bool; a tuple becomes a list or set, an object a map, and an object may have more attributes than are asked for. A
 * null stays one.
 * @throws ConversionError
 */
export function convert(value: Value, type: Type): Value {
  const from = typeOf(value)
  if (type.kind === 'any' || typesEqual(from, type)) return value
  if (!isConvertible(from, type, 'unsafe')) throw new ConversionError(describeMismatch(from, type))
  if (value.kind === 'null') return nullOf(type)
  if (isPrimitive(type)) return convertPrimitive(value, type)
  if (type.kind === 'object') return convertToObject(value, type)
  return type.kind === 'tuple' ? convertToTuple(value, type) : convertToCollection(value, type)
}

/** As `convert`, of what is known to be convertible to text: a string, number or bool. Undefined for all else. */
export function toText(value: Value): string | undefined {
  switch (value.kind) {
    case 'string':
      return value.value
    case 'number':
      return formatNumber(value.value)
    case 'bool':
      return value.value ? 'true' : 'false'
    case 'null':
    case 'list':
    case 'set':
    case 'map':
    case 'tuple':
    case 'object':
      return undefined
  }
}

function convertPrimitive(value: Value, type: PrimitiveType): Value {
  const text = toText(value)
  if (text === undefined) throw new ConversionError(describeMismatch(typeOf(value), type))
  if (type.kind === 'string') return string(text)
  return type.kind === 'number' ? parseNumber(text) : parseBool(text)
}

function parseNumber(text: string): Value {
  const parsed = parseBigFloat(text)
  if (parsed === undefined) throw new ConversionError('a number is required')
  return number(parsed)
}

const BOOLS: ReadonlyMap<string, boolean> = new Map([['true', true], ['1', true], ['false', false], ['0', false]])

function parseBool(text: string): Value {
  const parsed = BOOLS.get(text)
  if (parsed !== undefined) return bool(parsed)
  const lower = text.toLowerCase()
  throw new ConversionError(lower === 'true' || lower === 'false' ? `a bool is required; write "${lower}" in lower case` : 'a bool is required')
}

function convertToObject(value: Value, type: ObjectType): Value {
  const entries = 'entries' in value ? value.entries : new Map<string, Value>()
  return object(
    [...type.attributes].map(([name, attribute]) => {
      const entry = entries.get(name)
      if (entry !== undefined) return [name, within(`attribute ${JSON.stringify(name)}`, () => convert(entry, attribute))]
      if (!type.optional.has(name)) throw new ConversionError(`attribute ${JSON.stringify(name)} is required`)
      return [name, nullOf(attribute)]
    }),
  )
}

function convertToTuple(value: Value, type: TupleType): Value {
  const elements = 'elements' in value ? value.elements : []
  return tuple(type.elements.map((element, index) => within(`element ${index}`, () => convert(elements[index] ?? NULL, element))))
}

function convertToCollection(value: Value, type: CollectionType): Value {
  if (type.kind === 'map') {
    const entries = 'entries' in value ? [...value.entries] : []
    const converted = entries.map(([key, entry]) => within(`element ${JSON.stringify(key)}`, () => convert(entry, type.element)))
    const { elementType, elements } = alike(converted, type)
    return map(elementType, entries.map(([key], index) => [key, elements[index] ?? NULL]))
  }
  const given = 'elements' in value ? value.elements : []
  const { elementType, elements } = alike(given.map((element, index) => within(`element ${index}`, () => convert(element, type.element))), type)
  return type.kind === 'list' ? list(elementType, elements) : makeSet(elementType, elements)
}

/** Elements of one type, where the wanted one leaves it open. */
function alike(elements: readonly Value[], type: CollectionType): { readonly elementType: Type; readonly elements: readonly Value[] } {
  if (!containsAny(type.element)) return { elementType: type.element, elements }
  if (elements.length === 0) return { elementType: ANY, elements }
  const elementType = unify(elements.map(typeOf), 'unsafe')
  if (elementType === undefined) throw new ConversionError(`all ${type.kind} elements must have the same type`)
  return { elementType, elements: elements.map((element) => convert(element, elementType)) }
}

function within(place: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    if (error instanceof ConversionError) throw new ConversionError(`${place}: ${error.message}`)
    throw error
  }
}
