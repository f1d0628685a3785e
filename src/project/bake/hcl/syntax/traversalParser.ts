import { rangeBetween, type SourceRange } from '../sourceRange.ts'
import { fromInteger } from '../values/bigFloat.ts'
import { number, string, type Value } from '../values/value.ts'
import type { Expression, TraversalStep } from './expression.ts'
import { plainText, type ParseExpression } from './templateParser.ts'
import { locateToken, syntaxError, type TokenReader } from './tokenReader.ts'

/** The attributes, indices and splats that follow an expression. */
export function parseTraversals(reader: TokenReader, from: Expression, parseExpression: ParseExpression): Expression {
  let expression = from
  for (;;) {
    if (reader.isNext('.')) expression = parseDot(reader, expression)
    else if (reader.isNext('[')) expression = parseBracket(reader, expression, parseExpression)
    else return expression
  }
}

function parseDot(reader: TokenReader, source: Expression): Expression {
  const dot = reader.read()
  const marker = reader.take('*')
  if (marker === undefined) return appendStep(source, parseStep(reader, dot.start))
  const markerRange = reader.locate(dot.start, marker.end)
  let each: Expression = { kind: 'element', range: markerRange }
  for (let next = reader.take('.'); next !== undefined; next = reader.take('.')) {
    if (reader.isNext('*')) throw syntaxError('Nested splat expression not allowed', 'A .* may not stand within another one; use [*].', locateToken(reader, reader.peek()))
    each = appendStep(each, parseStep(reader, next.start))
  }
  return { kind: 'splat', source, each, markerRange, range: rangeBetween(source.range, each.range) }
}

/** A name, or the number of an element in the old way of writing: `list.0`. */
function parseStep(reader: TokenReader, dotStart: number): TraversalStep {
  const token = reader.read()
  const range = reader.locate(dotStart, token.end)
  if (token.kind === 'identifier') return { kind: 'attribute', name: token.text, range }
  if (token.kind !== 'number') throw syntaxError('Invalid attribute name', 'An attribute name is expected after a dot.', locateToken(reader, token))
  if (!/^\d+$/.test(token.text)) throw syntaxError('Invalid legacy index syntax', `Two indices after each other are written in brackets: [${token.text.split('.').join('][')}].`, locateToken(reader, token))
  return { kind: 'index', key: number(fromInteger(BigInt(token.text))), range }
}

function parseBracket(reader: TokenReader, source: Expression, parseExpression: ParseExpression): Expression {
  const open = reader.read()
  if (reader.take('*') !== undefined) {
    const markerRange = reader.locate(open.start, readClose(reader, 'The * of a splat is followed by a closing bracket.'))
    const each = reader.nest(reader.newlines, () => parseTraversals(reader, { kind: 'element', range: markerRange }, parseExpression))
    return { kind: 'splat', source, each, markerRange, range: rangeBetween(source.range, each.range) }
  }
  const { key, end } = reader.nest('skipped', () => ({ key: parseExpression(reader), end: readClose(reader, 'An index ends with a closing bracket.') }))
  const bracketRange = reader.locate(open.start, end)
  const constant = constantOf(key)
  if (constant !== undefined) return appendStep(source, { kind: 'index', key: constant, range: bracketRange })
  return { kind: 'index', collection: source, key, bracketRange, range: rangeBetween(source.range, bracketRange) }
}

function readClose(reader: TokenReader, detail: string): number {
  const close = reader.read()
  if (close.text !== ']') throw syntaxError('Missing close bracket on index', detail, locateToken(reader, close))
  return close.end
}

function constantOf(key: Expression): Value | undefined {
  if (key.kind === 'literal') return key.value
  const text = plainText(key)
  return text === undefined ? undefined : string(text)
}

function appendStep(source: Expression, step: TraversalStep): Expression {
  const range: SourceRange = rangeBetween(source.range, step.range)
  if (source.kind === 'traversal') return { ...source, steps: [...source.steps, step], range }
  return { kind: 'traversal', source, steps: [step], range }
}
