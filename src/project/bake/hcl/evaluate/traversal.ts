import { findNearestName } from '../nearestName.ts'
import type { SourceRange } from '../sourceRange.ts'
import type { SplatExpression } from '../syntax/expression.ts'
import { isInteger, toInteger } from '../values/bigFloat.ts'
import { unify } from '../values/conversion.ts'
import { ConversionError } from '../values/conversionError.ts'
import { convert } from '../values/convert.ts'
import { friendlyName, isPrimitive, NUMBER, STRING, type PrimitiveType } from '../values/type.ts'
import { list, tuple, typeOf, type ListValue, type TupleValue, type Value } from '../values/value.ts'
import type { Evaluation } from './evaluation.ts'

/** Where to tell what is wrong. */
interface Place {
  readonly evaluation: Evaluation
  readonly subject: SourceRange
}

/** `value.name` */
export function getAttribute(value: Value, name: string, { evaluation, subject }: Place): Value | undefined {
  if (value.kind === 'null') return void evaluation.fail('Attempt to get attribute from null value', 'This value is null, so it has no attributes.', subject)
  if ('entries' in value) {
    const entry = value.entries.get(name)
    if (entry !== undefined) return entry
    const nearest = findNearestName(name, value.entries.keys())
    if (value.kind === 'map') return void evaluation.fail('Missing map element', `This map has no element with the key ${JSON.stringify(name)}.${nearest}`, subject)
    return void evaluation.fail('Unsupported attribute', `This object has no attribute named ${JSON.stringify(name)}.${nearest}`, subject)
  }
  const type = typeOf(value)
  if (isPrimitive(type)) return void evaluation.fail('Unsupported attribute', `A ${type.kind} has no attributes.`, subject)
  return void evaluation.fail('Unsupported attribute', `A ${friendlyName(type)} has no attributes. Read them of one element (value[0].${name}), or of all (value[*].${name}).`, subject)
}

/** `value[key]` */
export function getIndex(value: Value, key: Value, place: Place): Value | undefined {
  const { evaluation, subject } = place
  if (value.kind === 'null') return void evaluation.fail('Attempt to index null value', 'This value is null, so it has no indices.', subject)
  if (key.kind === 'null') return void evaluation.fail('Invalid index', 'A null cannot be an index.', subject)
  switch (value.kind) {
    case 'list':
    case 'tuple':
      return getElement(value, key, place)
    case 'map':
    case 'object':
      return getEntry(value, key, place)
    case 'set':
      return void evaluation.fail('Invalid index', 'The elements of a set have no indices.', subject)
    case 'string':
    case 'number':
    case 'bool':
      return void evaluation.fail('Invalid index', `A ${value.kind} has no indices.`, subject)
  }
}

const NO_ELEMENT = 'The given key does not identify an element in this collection value'

function getElement({ elements }: ListValue | TupleValue, key: Value, place: Place): Value | undefined {
  const index = convertKey(key, NUMBER, place)
  if (index?.kind !== 'number') return undefined
  const { evaluation, subject } = place
  if (!isInteger(index.value)) return void evaluation.fail('Invalid index', `${NO_ELEMENT}: the index is no whole number.`, subject)
  const at = toInteger(index.value)
  const element = at >= 0n && at < elements.length ? elements[Number(at)] : undefined
  if (element !== undefined) return element
  const reason = at < 0n ? 'an index is not negative' : elements.length === 0 ? 'there are no elements' : `there ${elements.length === 1 ? 'is 1 element' : `are ${elements.length} elements`}, and the first has the index 0`
  return void evaluation.fail('Invalid index', `${NO_ELEMENT}: ${reason}.`, subject)
}

function getEntry({ entries }: Extract<Value, { readonly kind: 'map' | 'object' }>, key: Value, place: Place): Value | undefined {
  const name = convertKey(key, STRING, place)
  if (name?.kind !== 'string') return undefined
  return entries.get(name.value) ?? void place.evaluation.fail('Invalid index', `${NO_ELEMENT}.${findNearestName(name.value, entries.keys())}`, place.subject)
}

function convertKey(key: Value, type: PrimitiveType, { evaluation, subject }: Place): Value | undefined {
  try {
    return convert(key, type)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return void evaluation.fail('Invalid index', `${NO_ELEMENT}: ${error.message}.`, subject)
  }
}

/** `source[*].each`: of a list or set a list, of anything else that is no null, of itself as the only element. */
export function evaluateSplat({ source, each, markerRange }: SplatExpression, evaluation: Evaluation): Value | undefined {
  const value = evaluation.evaluate(source)
  if (value === undefined) return undefined
  if (value.kind === 'null') {
    const isSequence = value.type.kind === 'list' || value.type.kind === 'set' || value.type.kind === 'tuple'
    return isSequence ? void evaluation.fail('Splat of null value', 'A null list, set or tuple has no elements to go through.', markerRange) : tuple([])
  }
  const elements = 'elements' in value ? value.elements : [value]
  const results = elements.map((element) => evaluation.fork({ element }).evaluate(each))
  const known = results.filter((result) => result !== undefined)
  if (known.length !== results.length) return undefined
  if (value.kind !== 'list' && value.kind !== 'set') return tuple(known)
  const elementType = unify(known.map(typeOf), 'unsafe')
  return elementType === undefined ? tuple(known) : list(elementType, known)
}
