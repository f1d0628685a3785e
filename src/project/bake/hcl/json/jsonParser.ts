import type { SourceText } from '../../../../ground/sourceSpan.ts'
import type { SourceRange } from '../sourceRange.ts'
import { syntaxError } from '../syntax/tokenReader.ts'
import { parseBigFloat } from '../values/bigFloat.ts'
import { FALSE, NULL, number, TRUE, type Value } from '../values/value.ts'
import type { JsonNode, JsonProperty, JsonText } from './jsonNode.ts'

/** @throws HclError */
export function parseJson(source: SourceText): JsonNode {
  const reader: Reader = { source, offset: 0, depth: 0 }
  const node = parseNode(reader)
  skipSpace(reader)
  if (reader.offset < source.text.length) throw failure(reader, 'Extraneous data after value', 'Nothing may come after the JSON value.')
  return node
}

interface Reader {
  readonly source: SourceText
  offset: number
  depth: number
}

const MAX_DEPTH = 500
const SPACE = /[ \t\r\n]*/y
const STRING = /"((?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /[A-Za-z_]+/y
const WORDS: ReadonlyMap<string, Value> = new Map<string, Value>([['true', TRUE], ['false', FALSE], ['null', NULL]])

function parseNode(reader: Reader): JsonNode {
  skipSpace(reader)
  const start = reader.offset
  switch (reader.source.text[start]) {
    case '{':
      return nested(reader, () => ({ kind: 'object', properties: parseList(reader, '}', parseProperty), range: rangeFrom(reader, start) }))
    case '[':
      return nested(reader, () => ({ kind: 'array', items: parseList(reader, ']', parseNode), range: rangeFrom(reader, start) }))
    case '"':
      return parseText(reader)
    case undefined:
    default:
      return parseScalar(reader)
  }
}

function nested(reader: Reader, parse: () => JsonNode): JsonNode {
  if (reader.depth === MAX_DEPTH) throw failure(reader, 'Too deeply nested', `JSON may be nested ${MAX_DEPTH} levels deep.`)
  reader.depth++
  const node = parse()
  reader.depth--
  return node
}

/** The items between the bracket that comes next and `close`. */
function parseList<T>(reader: Reader, close: '}' | ']', parseItem: (reader: Reader) => T): readonly T[] {
  const items: T[] = []
  const open = reader.offset
  reader.offset++
  skipSpace(reader)
  if (takeCharacter(reader, close)) return items
  for (;;) {
    items.push(parseItem(reader))
    skipSpace(reader)
    if (takeCharacter(reader, close)) return items
    if (reader.offset >= reader.source.text.length) throw syntaxError('Unclosed bracket', `There is no closing ${close} for this bracket.`, { source: reader.source, start: open, end: open + 1 })
    if (!takeCharacter(reader, ',')) throw failure(reader, 'Missing separator', `A comma or ${close} is expected here.`)
    skipSpace(reader)
    if (reader.source.text[reader.offset] === close) throw failure(reader, 'Trailing comma', 'JSON has no comma after the last item.')
  }
}

function parseProperty(reader: Reader): JsonProperty {
  skipSpace(reader)
  if (reader.source.text[reader.offset] !== '"') throw failure(reader, 'Invalid object property', 'A property name in double quotes is expected here.')
  const name = parseText(reader)
  skipSpace(reader)
  if (!takeCharacter(reader, ':')) throw failure(reader, 'Missing property value colon', 'A colon is expected between the name and the value of a property.')
  return { name, value: parseNode(reader) }
}

function parseText(reader: Reader): JsonText {
  const match = takePattern(reader, STRING)
  if (match === undefined) throw failure(reader, 'Invalid JSON string', 'The string has no end on its line, or a character or escape that JSON does not allow.')
  const text: unknown = JSON.parse(match.text)
  if (typeof text !== 'string') throw new Error('JSON in quotes is a string')
  return { kind: 'text', text, range: match.range }
}

function parseScalar(reader: Reader): JsonNode {
  const digits = takePattern(reader, NUMBER)
  if (digits !== undefined) {
    const value = parseBigFloat(digits.text)
    if (value === undefined) throw syntaxError('Invalid JSON number', 'The number is too large or too precise.', digits.range)
    return { kind: 'scalar', value: number(value), range: digits.range }
  }
  const word = takePattern(reader, WORD)
  if (word === undefined) throw failure(reader, reader.offset < reader.source.text.length ? 'Invalid JSON value' : 'Missing JSON value', 'A JSON value is expected here.')
  const value = WORDS.get(word.text)
  if (value === undefined) throw syntaxError('Invalid JSON keyword', `${JSON.stringify(word.text)} is no JSON value: there are true, false and null.`, word.range)
  return { kind: 'scalar', value, range: word.range }
}

function takePattern(reader: Reader, pattern: RegExp): { readonly text: string; readonly range: SourceRange } | undefined {
  pattern.lastIndex = reader.offset
  const text = pattern.exec(reader.source.text)?.[0]
  if (text === undefined || text === '') return undefined
  const start = reader.offset
  reader.offset += text.length
  return { text, range: rangeFrom(reader, start) }
}

function takeCharacter(reader: Reader, character: string): boolean {
  if (reader.source.text[reader.offset] !== character) return false
  reader.offset++
  return true
}

function skipSpace(reader: Reader): void {
  SPACE.lastIndex = reader.offset
  SPACE.test(reader.source.text)
  reader.offset = SPACE.lastIndex
}

function rangeFrom({ source, offset }: Reader, start: number): SourceRange {
  return { source, start, end: offset }
}

function failure({ source, offset }: Reader, summary: string, detail: string): Error {
  return syntaxError(summary, detail, { source, start: offset, end: Math.min(offset + 1, source.text.length) })
}
