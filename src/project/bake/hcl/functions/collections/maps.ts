import { FunctionError } from '../../evaluate/scope.ts'
import { ConversionError } from '../../values/conversionError.ts'
import { convert } from '../../values/convert.ts'
import { friendlyName, STRING, typesEqual } from '../../values/type.ts'
import { bool, integer, list, map, NULL, nullOf, object, string, tuple, typeOf, type MapValue, type ObjectValue, type Value } from '../../values/value.ts'
import { anything, defineFunction, defineVariadic, listParameter, orNull, text, textOf, type Functions } from '../define.ts'
import { positionOf } from './sequences.ts'

export const MAPS: Functions = [
  ['hasindex', defineFunction([anything('collection'), anything('key')], (collection, key) => bool(find(collection, key) !== undefined))],
  ['index', defineFunction([anything('collection'), anything('key')], indexOf)],
  ['keys', defineFunction([anything('inputMap')], keys)],
  ['length', defineFunction([anything('collection')], length)],
  ['lookup', defineFunction([anything('inputMap'), text('key'), anything('default')], lookUp)],
  ['merge', defineVariadic([], orNull(anything('maps')), (_, given) => merge(given))],
  ['values', defineFunction([anything('mapping')], values)],
  ['zipmap', defineFunction([listParameter('keys', STRING), anything('values')], zip)],
]

const NOT_INDEXED = 'collection must be a list, a map or a tuple'

function find(collection: Value | undefined, key: Value | undefined): Value | undefined {
  if (collection?.kind === 'list' || collection?.kind === 'tuple') return collection.elements[positionOf(key) ?? -1]
  if (collection?.kind !== 'map') throw new FunctionError(NOT_INDEXED)
  return key?.kind === 'string' ? collection.entries.get(key.value) : undefined
}

function indexOf(collection: Value | undefined, key: Value | undefined): Value {
  const wanted = collection?.kind === 'map' ? 'string' : 'number'
  if (collection !== undefined && ['list', 'tuple', 'map'].includes(collection.kind) && key?.kind !== wanted) throw new FunctionError(`key for ${collection.kind} must be ${wanted}`)
  const found = find(collection, key)
  if (found === undefined) throw new FunctionError('invalid index')
  return found
}

function keys(given: Value | undefined): Value {
  if (given === undefined || !isMapping(given)) throw new FunctionError('must have map or object type', 0)
  const names = [...given.entries.keys()].map(string)
  return given.kind === 'map' ? list(STRING, names) : tuple(names)
}

function length(given: Value | undefined): Value {
  if (given !== undefined && 'elements' in given) return integer(given.elements.length)
  if (given?.kind === 'map') return integer(given.entries.size)
  throw new FunctionError(NOT_INDEXED)
}

function lookUp(given: Value | undefined, key: Value | undefined, fallback: Value | undefined): Value {
  if (given === undefined || !isMapping(given)) throw new FunctionError('lookup() requires a map as the first argument', 0)
  const entry = given.entries.get(textOf(key))
  if (given.kind === 'object') return entry ?? fallback ?? NULL
  try {
    const converted = convert(fallback ?? NULL, given.elementType)
    return entry ?? converted
  } catch (error) {
    if (error instanceof ConversionError) throw new FunctionError('the default value must have the same type as the map elements', 2)
    throw error
  }
}

/** Maps of one type stay one; all else becomes an object. Nulls add nothing. */
function merge(given: readonly Value[]): Value {
  const wrong = given.find((value) => !['map', 'object', 'any'].includes(typeOf(value).kind))
  if (wrong !== undefined) throw new FunctionError(`arguments must be maps or objects, got ${JSON.stringify(friendlyName(typeOf(wrong)))}`)
  const [first] = given
  if (first === undefined) return object([])
  const mappings = given.filter(isMapping)
  if (mappings.length === 0) return typeOf(first).kind === 'any' ? object([]) : nullOf(typeOf(first))
  const entries = mappings.flatMap((mapping) => [...mapping.entries])
  const isOneType = given.every((value) => typesEqual(typeOf(value), typeOf(first)))
  return isOneType && first.kind === 'map' ? map(first.elementType, entries) : object(entries)
}

function values(given: Value | undefined): Value {
  if (given === undefined || !isMapping(given)) throw new FunctionError('values() requires a map as the first argument')
  return given.kind === 'map' ? list(given.elementType, [...given.entries.values()]) : tuple([...given.entries.values()])
}

function zip(keyList: Value | undefined, given: Value | undefined): Value {
  if (given?.kind !== 'list' && given?.kind !== 'tuple') throw new FunctionError('values argument must be a list or tuple value', 1)
  const names = keyList?.kind === 'list' ? keyList.elements : []
  if (names.length !== given.elements.length) throw new FunctionError(`number of keys (${names.length}) does not match number of values (${given.elements.length})`)
  const missing = names.findIndex(({ kind }) => kind === 'null')
  if (missing !== -1) throw new FunctionError(`keys list has null value at index ${missing}`)
  const entries = names.map((name, index) => [textOf(name), given.elements[index] ?? NULL] as const)
  return given.kind === 'list' ? map(given.elementType, entries) : object(entries)
}

function isMapping(value: Value): value is MapValue | ObjectValue {
  return value.kind === 'map' || value.kind === 'object'
}
