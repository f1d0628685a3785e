import { rangeBetween } from '../sourceRange.ts'
import { parseBigFloat } from '../values/bigFloat.ts'
import { FALSE, NULL, number, TRUE, type Value } from '../values/value.ts'
import type { BinaryOperator, Expression } from './expression.ts'
import { parseObjectOrFor, parseTupleOrFor } from './collectionParser.ts'
import { parseHeredoc, parseQuotedTemplate } from './templateParser.ts'
import { locateToken, syntaxError, type TokenReader } from './tokenReader.ts'
import { parseTraversals } from './traversalParser.ts'
import type { Token } from './token.ts'

/** @throws HclError at the first word that does not belong */
export function parseExpression(reader: TokenReader): Expression {
  const condition = parseBinary(reader, 0)
  if (reader.take('?') === undefined) return condition
  const whenTrue = parseExpression(reader)
  if (reader.take(':') === undefined) throw syntaxError('Missing false expression in conditional', 'A colon and the value for false are expected here: condition ? value : value.', locateToken(reader, reader.peek()))
  const whenFalse = parseExpression(reader)
  return { kind: 'conditional', condition, whenTrue, whenFalse, range: rangeBetween(condition.range, whenFalse.range) }
}

/** Lowest precedence first; those of a level are evaluated from left to right. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [['||'], ['&&'], ['==', '!='], ['>', '>=', '<', '<='], ['+', '-'], ['*', '/', '%']]

function parseBinary(reader: TokenReader, level: number): Expression {
  const operators = LEVELS[level]
  if (operators === undefined) return parseTerm(reader)
  let left = parseBinary(reader, level + 1)
  for (;;) {
    const operator = operators.find((candidate) => reader.isNext(candidate))
    if (operator === undefined) return left
    reader.read()
    const right = parseBinary(reader, level + 1)
    left = { kind: 'binary', operator, left, right, range: rangeBetween(left.range, right.range) }
  }
}

function parseTerm(reader: TokenReader): Expression {
  return parseTraversals(reader, parseOperand(reader), parseExpression)
}

function parseOperand(reader: TokenReader): Expression {
  const token = reader.peek()
  switch (token.kind) {
    case 'number':
      reader.read()
      return { kind: 'literal', value: numberOf(reader, token), range: locateToken(reader, token) }
    case 'identifier':
      return parseNamed(reader)
    case 'quote':
      return parseQuotedTemplate(reader, parseExpression)
    case 'heredoc':
      return parseHeredoc(reader, parseExpression)
    case 'symbol':
      return parseSymbol(reader, token)
    case 'newline':
    case 'end':
    case 'invalid':
      throw missingExpression(reader, token)
  }
}

function parseSymbol(reader: TokenReader, token: Token): Expression {
  switch (token.text) {
    case '(':
      return parseParentheses(reader)
    case '[':
      return parseTupleOrFor(reader, parseExpression)
    case '{':
      return parseObjectOrFor(reader, parseExpression)
    case '-':
    case '!': {
      const symbol = reader.read()
      const operand = reader.nest(reader.newlines, () => parseTerm(reader))
      return { kind: 'unary', operator: token.text, operand, range: rangeBetween(locateToken(reader, symbol), operand.range) }
    }
    default:
      throw missingExpression(reader, token)
  }
}

function missingExpression(reader: TokenReader, token: Token): Error {
  const subject = locateToken(reader, token)
  if (token.kind === 'end') return syntaxError('Missing expression', 'The file ends where an expression is expected.', subject)
  if (token.kind === 'newline') return syntaxError('Invalid expression', 'The line ends where an expression is expected.', subject)
  if (token.kind === 'invalid') return invalidCharacter(reader, token)
  return syntaxError('Invalid expression', `An expression is expected here, not ${JSON.stringify(token.text)}.`, subject)
}

export function invalidCharacter(reader: TokenReader, token: Token): Error {
  const detail = token.text === "'" ? 'Single quotes are not valid. Use double quotes (") for strings.' : `The character ${JSON.stringify(token.text)} has no meaning here.`
  return syntaxError('Invalid character', detail, locateToken(reader, token))
}

function numberOf(reader: TokenReader, token: Token): Value {
  const value = parseBigFloat(token.text)
  if (value === undefined) throw syntaxError('Invalid number literal', 'The number is too large or too precise.', locateToken(reader, token))
  return number(value)
}

const KEYWORDS: ReadonlyMap<string, Value> = new Map<string, Value>([['true', TRUE], ['false', FALSE], ['null', NULL]])

function parseNamed(reader: TokenReader): Expression {
  const name = reader.read()
  if (reader.isNext('(')) return parseCall(reader, name)
  const range = locateToken(reader, name)
  const value = KEYWORDS.get(name.text)
  return value === undefined ? { kind: 'variable', name: name.text, range } : { kind: 'literal', value, range }
}

function parseParentheses(reader: TokenReader): Expression {
  const open = reader.read()
  return reader.nest('skipped', () => {
    const expression = parseExpression(reader)
    const close = reader.read()
    if (close.text !== ')') throw syntaxError('Unbalanced parentheses', 'A closing parenthesis is expected here.', locateToken(reader, close))
    return { kind: 'parentheses', expression, range: reader.locate(open.start, close.end) }
  })
}

function parseCall(reader: TokenReader, name: Token): Expression {
  reader.read()
  return reader.nest('skipped', () => {
    const given: Expression[] = []
    let expandsLast = false
    while (!reader.isNext(')')) {
      given.push(parseExpression(reader))
      expandsLast = reader.take('...') !== undefined
      if (expandsLast || reader.take(',') === undefined) break
    }
    const close = reader.read()
    if (close.text !== ')') throw callError(reader, close, expandsLast)
    return { kind: 'call', name: name.text, nameRange: locateToken(reader, name), arguments: given, expandsLast, closeRange: locateToken(reader, close), range: reader.locate(name.start, close.end) }
  })
}

function callError(reader: TokenReader, token: Token, expandsLast: boolean): Error {
  const subject = locateToken(reader, token)
  if (expandsLast) return syntaxError('Missing closing parenthesis', 'The argument that is expanded by ... is the last one: a closing parenthesis is expected here.', subject)
  if (token.kind === 'end') return syntaxError('Unterminated function call', 'There is no closing parenthesis for this call.', subject)
  return syntaxError('Missing argument separator', 'A comma is expected between the arguments of a function.', subject)
}
