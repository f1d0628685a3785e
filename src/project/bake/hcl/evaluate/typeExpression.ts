import { HclError } from '../diagnostic.ts'
import { asWritten } from '../hcl.ts'
import type { SourceRange } from '../sourceRange.ts'
import { keywordOf, type CallExpression, type Expression } from '../syntax/expression.ts'
import { plainText } from '../syntax/templateParser.ts'
import { ANY, BOOL, listOf, mapOf, NUMBER, objectOf, setOf, STRING, tupleOf, type Type } from '../values/type.ts'

/**
 * The type that an expression names: `string`, `number`, `bool`, `any`, `list(T)`, `set(T)`, `map(T)`, `tuple([T, …])`,
 * `object({name = T, …})`, where an attribute may be `optional(T)`. In JSON, it stands in a string.
 * @throws HclError
 */
export function parseType(expression: Expression): Type {
  const written = asWritten(expression)
  if (written.kind === 'call') return parseConstructor(written)
  const name = keywordOf(written)
  const type = name === undefined ? undefined : SIMPLE.get(name)
  if (type !== undefined) return type
  if (name !== undefined && ['list', 'set', 'map'].includes(name)) throw invalidType(`A ${name} has a type of elements, such as ${name}(string).`, written.range)
  if (name === 'object') throw invalidType('An object has attributes with types, such as object({name = string}).', written.range)
  if (name === 'tuple') throw invalidType('A tuple has types of elements, such as tuple([string, number]).', written.range)
  throw invalidType(name === undefined ? 'A type is a keyword, such as string, or one with arguments, such as list(string).' : `${JSON.stringify(name)} is no type.`, written.range)
}

const SIMPLE: ReadonlyMap<string, Type> = new Map<string, Type>([['string', STRING], ['number', NUMBER], ['bool', BOOL], ['any', ANY]])
const COLLECTIONS: ReadonlyMap<string, (element: Type) => Type> = new Map<string, (element: Type) => Type>([['list', listOf], ['set', setOf], ['map', mapOf]])

function parseConstructor(call: CallExpression): Type {
  if (SIMPLE.has(call.name)) throw invalidType(`The type ${JSON.stringify(call.name)} has no arguments.`, call.range)
  if (call.name === 'optional') throw invalidType('Only attributes of an object type may be optional.', call.range)
  const [argument, surplus] = call.arguments
  if (argument === undefined || surplus !== undefined) throw invalidType(`The type ${JSON.stringify(call.name)} has one argument.`, call.range)
  const collection = COLLECTIONS.get(call.name)
  if (collection !== undefined) return collection(parseType(argument))
  if (call.name === 'object') return parseObjectType(argument)
  if (call.name === 'tuple') return parseTupleType(argument)
  throw invalidType(`There is no type ${JSON.stringify(call.name)}.`, call.nameRange)
}

function parseTupleType(argument: Expression): Type {
  if (argument.kind !== 'tuple') throw invalidType('A tuple type has a list of types, such as tuple([string, number]).', argument.range)
  return tupleOf(argument.elements.map(parseType))
}

function parseObjectType(argument: Expression): Type {
  if (argument.kind !== 'object') throw invalidType('An object type has attributes with types, such as object({name = string}).', argument.range)
  const optional = new Set<string>()
  const attributes = argument.items.map(({ key, value }) => {
    const name = keywordOf(key) ?? plainText(key)
    if (name === undefined) throw invalidType('The name of an attribute is a plain name.', key.range)
    const inner = optionalType(value)
    if (inner !== undefined) optional.add(name)
    return [name, parseType(inner ?? value)] as const
  })
  return objectOf(attributes, optional)
}

function optionalType(expression: Expression): Expression | undefined {
  if (expression.kind !== 'call' || expression.name !== 'optional') return undefined
  const [type, surplus] = expression.arguments
  if (type === undefined) throw invalidType('optional has a type as its argument.', expression.range)
  if (surplus !== undefined) throw invalidType('optional has no default value here: it has only a type.', surplus.range)
  return type
}

function invalidType(detail: string, subject: SourceRange): HclError {
  return new HclError([{ summary: 'Invalid type specification', detail, subject }])
}
