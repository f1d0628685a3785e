import { parseGoBoolean } from '../../../ground/goBoolean.ts'
import { splitCsvLine } from '../../../ground/csv.ts'
import { BakeError } from '../bakeError.ts'
import { parseBigFloat } from '../hcl/values/bigFloat.ts'
import { convert } from '../hcl/values/convert.ts'
import { ConversionError } from '../hcl/values/conversionError.ts'
import { friendlyName, isPrimitive, STRING, type PrimitiveType, type Type } from '../hcl/values/type.ts'
import { bool, list, map, number, string, tuple, type Value } from '../hcl/values/value.ts'
import { parseJsonValue } from './jsonValue.ts'

/**
 * What a variable of the environment says for a variable of a definition of this type: text, number, bool, lists of those
 * with commas between, maps of those as `key:value`. @throws BakeError where it is no such value, or the type has no such form
 */
export function readEnvironmentValue(name: string, text: string, type: Type): Value {
  if (isPrimitive(type)) return readPrimitive(name, text, type)
  switch (type.kind) {
    case 'list':
    case 'set': {
      const element = elementType(name, type, type.element)
      return convert(list(element, splitText(name, text).map((part) => readPrimitive(name, part, element))), type)
    }
    case 'tuple': {
      const parts = splitText(name, text)
      if (parts.length !== type.elements.length) throw invalid(name, `it has ${parts.length} elements, not ${type.elements.length}`)
      return tuple(type.elements.map((element, index) => readPrimitive(name, parts[index] ?? '', elementType(name, type, element))))
    }
    case 'map': {
      const element = elementType(name, type, type.element)
      return map(element, splitText(name, text).map((part) => readPair(name, part, element)))
    }
    case 'object':
    case 'any':
      throw new BakeError(`unsupported type ${friendlyName(type)} for variable ${name} from the environment`, { hint: `set it as JSON: ${name}_JSON` })
  }
}

function readPrimitive(name: string, text: string, type: PrimitiveType): Value {
  if (type === STRING || type.kind === 'string') return string(text)
  if (type.kind === 'bool') {
    const flag = parseGoBoolean(text)
    if (flag === undefined) throw new BakeError(`failed to parse ${name} as bool: ${JSON.stringify(text)}`, { hint: 'write true or false' })
    return bool(flag)
  }
  const parsed = parseBigFloat(text.replaceAll(/(?<=\d)_(?=\d)/g, ''))
  if (parsed === undefined) throw new BakeError(`failed to parse ${name} as number: ${JSON.stringify(text)}`, { hint: 'write a decimal number' })
  return number(parsed)
}

function readPair(name: string, part: string, element: PrimitiveType): readonly [string, Value] {
  const pieces = part.split(':')
  const [key, value] = pieces
  if (pieces.length !== 2 || key === undefined || value === undefined) throw invalid(name, `expected one key:value but got ${JSON.stringify(part)}`)
  return [key, readPrimitive(name, value, element)]
}

function elementType(name: string, type: Type, element: Type): PrimitiveType {
  if (isPrimitive(element)) return element
  throw new BakeError(`failed to convert variable ${name} from CSV: unsupported type ${friendlyName(type)}`, { hint: `set it as JSON: ${name}_JSON` })
}

function splitText(name: string, text: string): readonly string[] {
  const parts = text === '' ? undefined : splitCsvLine(text)
  if (parts === undefined) throw invalid(name, text === '' ? 'it is empty' : `misplaced quote in ${JSON.stringify(text)}`)
  return parts
}

function invalid(name: string, why: string): BakeError {
  return new BakeError(`failed to convert variable ${name} from CSV: ${why}`, { hint: `write elements with commas between, pairs of a map as key:value; or set it as JSON: ${name}_JSON` })
}

/** As `readEnvironmentValue`, from `NAME_JSON`. @throws BakeError */
export function readJsonValue(name: string, text: string, type: Type): Value {
  try {
    const value = parseJsonValue(text)
    checkAttributes(value, type)
    return convert(value, type)
  } catch (error) {
    if (error instanceof ConversionError || error instanceof SyntaxError) throw new BakeError(`failed to convert variable ${name} from JSON: ${error.message}`, { cause: error, hint: `give ${name}_JSON a value of type ${friendlyName(type)}` })
    throw error
  }
}

/** What is too much is a mistake here, though not in a file. */
function checkAttributes(value: Value, type: Type): void {
  if (type.kind === 'object' && value.kind === 'object') {
    for (const [name, attribute] of value.entries) {
      const wanted = type.attributes.get(name)
      if (wanted === undefined) throw new ConversionError(`unsupported attribute ${JSON.stringify(name)}`)
      checkAttributes(attribute, wanted)
    }
  }
  if (value.kind === 'tuple' && (type.kind === 'list' || type.kind === 'set')) for (const element of value.elements) checkAttributes(element, type.element)
  if (value.kind === 'object' && type.kind === 'map') for (const entry of value.entries.values()) checkAttributes(entry, type.element)
}
