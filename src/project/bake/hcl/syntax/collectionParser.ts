import type { Expression, ObjectItem } from './expression.ts'
import { readForNames, type ParseExpression } from './templateParser.ts'
import { locateToken, syntaxError, type TokenReader } from './tokenReader.ts'
import type { Token } from './token.ts'

/** `[a, b]` or `[for x in y: z if c]`; the bracket comes next. */
export function parseTupleOrFor(reader: TokenReader, parseExpression: ParseExpression): Expression {
  const open = reader.read()
  return reader.nest('skipped', () => {
    if (isForNext(reader)) return parseFor(reader, parseExpression, { open, close: ']' })
    const elements: Expression[] = []
    while (!reader.isNext(']')) {
      elements.push(parseExpression(reader))
      if (reader.take(',') === undefined) break
    }
    const close = reader.read()
    if (close.text !== ']') throw tupleError(reader, open, close)
    return { kind: 'tuple', elements, range: reader.locate(open.start, close.end) }
  })
}

function tupleError(reader: TokenReader, open: Token, found: Token): Error {
  if (found.kind === 'end') return syntaxError('Unterminated tuple constructor expression', 'There is no closing bracket for this bracket.', locateToken(reader, open))
  if (found.text === '...') return syntaxError('Unexpected ellipsis', 'Only the last argument of a function may be expanded by "...".', locateToken(reader, found))
  return syntaxError('Missing item separator', 'A comma is expected between the items of a list.', locateToken(reader, found))
}

/** `{a = b}` or `{for x in y: k => v if c}`; the brace comes next. */
export function parseObjectOrFor(reader: TokenReader, parseExpression: ParseExpression): Expression {
  const open = reader.read()
  const isFor = reader.nest('skipped', () => isForNext(reader))
  if (isFor) return reader.nest('skipped', () => parseFor(reader, parseExpression, { open, close: '}' }))
  return reader.nest('significant', () => parseObject(reader, parseExpression, open))
}

function parseObject(reader: TokenReader, parseExpression: ParseExpression, open: Token): Expression {
  const items: ObjectItem[] = []
  skipNewlines(reader)
  while (!reader.isNext('}')) {
    items.push(parseItem(reader, parseExpression, open))
    const separator = reader.peek()
    if (separator.text === '}') break
    if (separator.text !== ',' && separator.kind !== 'newline') throw objectError(reader, open, separator)
    reader.take(',')
    skipNewlines(reader)
  }
  const close = reader.read()
  return { kind: 'object', items, range: reader.locate(open.start, close.end) }
}

function parseItem(reader: TokenReader, parseExpression: ParseExpression, open: Token): ObjectItem {
  if (reader.peek().kind === 'end') throw objectError(reader, open, reader.peek())
  const key = parseExpression(reader)
  if (reader.take('=') === undefined && reader.take(':') === undefined) {
    throw syntaxError('Missing attribute value', 'An equals sign ("=") or colon and the value are expected after the key.', locateToken(reader, reader.peek()))
  }
  return { key, value: parseExpression(reader) }
}

function objectError(reader: TokenReader, open: Token, found: Token): Error {
  if (found.kind === 'end') return syntaxError('Unterminated object constructor expression', 'There is no closing brace for this brace.', locateToken(reader, open))
  return syntaxError('Missing attribute separator', 'A newline or comma is expected before the next attribute.', locateToken(reader, found))
}

function skipNewlines(reader: TokenReader): void {
  while (reader.peek().kind === 'newline') reader.read()
}

function isForNext(reader: TokenReader): boolean {
  const token = reader.peek()
  if (token.text !== 'for') return false
  const { offset } = reader
  reader.read()
  const after = reader.peek()
  reader.offset = offset
  return after.kind === 'identifier'
}

interface ForForm {
  readonly open: Token
  readonly close: ']' | '}'
}

function parseFor(reader: TokenReader, parseExpression: ParseExpression, { open, close }: ForForm): Expression {
  reader.read()
  const names = readForNames(reader)
  const collection = parseExpression(reader)
  if (reader.take(':') === undefined) throw forError(reader, 'A colon is expected after the collection.')
  const first = parseExpression(reader)
  const arrow = takeArrow(reader, close)
  const value = arrow === undefined ? first : parseExpression(reader)
  const groups = reader.take('...') !== undefined
  if (groups && close === ']') throw forError(reader, 'Only values of an object are grouped by "...".')
  const condition = takeWord(reader, 'if') ? parseExpression(reader) : undefined
  const end = reader.read()
  if (end.text !== close) throw syntaxError("Invalid 'for' expression", `A closing ${close === ']' ? 'bracket' : 'brace'} is expected after the expression.`, locateToken(reader, end))
  return { kind: 'for', ...names, collection, key: arrow === undefined ? undefined : first, value, condition, groups, range: reader.locate(open.start, end.end) }
}

/** A key makes an object, which stands in braces. */
function takeArrow(reader: TokenReader, close: ForForm['close']): Token | undefined {
  const arrow = reader.take('=>')
  if (close === '}' && arrow === undefined) throw forError(reader, 'Between braces, a key, "=>" and a value are expected. Use brackets to make a list.')
  if (close === ']' && arrow !== undefined) throw syntaxError("Invalid 'for' expression", 'A key makes an object: use braces instead of brackets.', locateToken(reader, arrow))
  return arrow
}

function takeWord(reader: TokenReader, word: string): boolean {
  const token = reader.peek()
  if (token.kind !== 'identifier' || token.text !== word) return false
  reader.read()
  return true
}

function forError(reader: TokenReader, detail: string): Error {
  return syntaxError("Invalid 'for' expression", detail, locateToken(reader, reader.peek()))
}
