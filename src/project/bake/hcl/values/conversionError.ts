import { InvalidValueError } from '../../../../ground/errors.ts'
import { isConvertible } from './conversion.ts'
import { friendlyName, isCollection, type CollectionType, type ObjectType, type Type } from './type.ts'

/** A value that is not, and does not become, what is wanted. The message is the part of a sentence: `string required`. */
export class ConversionError extends InvalidValueError {}

/** What of `got` keeps it from being `want`, as precisely as the types tell. */
export function describeMismatch(got: Type, want: Type): string {
  if (got.kind === 'object' && want.kind === 'object') return describeObjects(got, want)
  if (isCollection(want)) return describeCollection(got, want)
  return `${friendlyName(want)} required`
}

function describeObjects(got: ObjectType, want: ObjectType): string {
  const missing = [...want.attributes.keys()].filter((name) => !got.attributes.has(name) && !want.optional.has(name))
  if (missing.length === 1) return `attribute ${JSON.stringify(missing[0])} is required`
  if (missing.length > 1) return `attributes ${missing.map((name) => JSON.stringify(name)).join(', ')} are required`
  for (const [name, type] of want.attributes) {
    const attribute = got.attributes.get(name)
    if (attribute !== undefined && !isConvertible(attribute, type, 'unsafe')) return `attribute ${JSON.stringify(name)}: ${describeMismatch(attribute, type)}`
  }
  return 'incorrect object attributes'
}

function describeCollection(got: Type, want: CollectionType): string {
  const elements = elementsFor(got, want)
  if (elements === undefined) return `${friendlyName(want)} required`
  if (want.element.kind === 'any') return `all ${want.kind} elements must have the same type`
  const wrong = elements.find(([, type]) => !isConvertible(type, want.element, 'unsafe'))
  if (wrong === undefined) return `all elements must be ${friendlyName(want.element)}`
  const [place, type] = wrong
  return `${place}: ${describeMismatch(type, want.element)}`
}

function elementsFor(got: Type, want: CollectionType): readonly (readonly [place: string, type: Type])[] | undefined {
  if (isCollection(got)) return (got.kind === 'map') === (want.kind === 'map') ? [[`incorrect ${want.kind} element type`, got.element]] : undefined
  if (want.kind === 'map') return got.kind === 'object' ? [...got.attributes].map(([name, type]) => [`element ${JSON.stringify(name)}`, type]) : undefined
  return got.kind === 'tuple' ? got.elements.map((type, index) => [`element ${index}`, type] as const) : undefined
}

