import { formatRange, rangeBetween, type SourceRange } from '../sourceRange.ts'
import { string } from '../values/value.ts'
import type { Expression } from './expression.ts'
import type { TemplatePiece } from './templateText.ts'
import { syntaxError } from './tokenReader.ts'

/** The expression that a template's pieces are: directives with what stands between them. */
export function buildTemplate(pieces: readonly TemplatePiece[], range: SourceRange): Expression {
  const [only, ...more] = pieces
  if (only?.kind === 'interpolation' && more.length === 0) return { kind: 'interpolation', expression: only.expression, range }
  const cursor: Cursor = { pieces, index: 0, end: { ...range, start: range.end } }
  const parts = buildParts(cursor, undefined)
  return { kind: 'template', parts, range }
}

interface Cursor {
  readonly pieces: readonly TemplatePiece[]
  index: number
  readonly end: SourceRange
}

type Opening = TemplatePiece & { readonly kind: 'if' | 'for' }

/** Up to a directive that ends or divides what `opening` began; it is left in place. */
function buildParts(cursor: Cursor, opening: Opening | undefined): readonly Expression[] {
  const parts: Expression[] = []
  for (;;) {
    const piece = cursor.pieces[cursor.index]
    if (piece === undefined) {
      if (opening === undefined) return parts
      throw syntaxError('Unexpected end of template', `The ${opening.kind} directive at ${formatRange(opening.range)} has no end${opening.kind}.`, cursor.end)
    }
    if (isDivider(piece)) {
      if (opening === undefined) throw syntaxError(`Unexpected ${piece.kind} directive`, 'No directive is open here that it belongs to.', piece.range)
      return parts
    }
    cursor.index++
    parts.push(buildPart(cursor, piece))
  }
}

type Divider = TemplatePiece & { readonly kind: 'else' | 'endif' | 'endfor' }

function isDivider(piece: TemplatePiece): piece is Divider {
  return piece.kind === 'else' || piece.kind === 'endif' || piece.kind === 'endfor'
}

function buildPart(cursor: Cursor, piece: Exclude<TemplatePiece, Divider>): Expression {
  switch (piece.kind) {
    case 'text':
      return { kind: 'literal', value: string(piece.text), range: piece.range }
    case 'interpolation':
      return piece.expression
    case 'if':
      return buildIf(cursor, piece)
    case 'for': {
      const value = asTemplate(buildParts(cursor, piece), piece.range)
      const end = readEnd(cursor, piece, 'endfor')
      const { keyName, valueName, collection } = piece
      const range = rangeBetween(piece.range, end)
      return { kind: 'join', texts: { kind: 'for', keyName, valueName, collection, key: undefined, value, condition: undefined, groups: false, range }, range }
    }
  }
}

function buildIf(cursor: Cursor, opening: TemplatePiece & { readonly kind: 'if' }): Expression {
  const whenTrue = asTemplate(buildParts(cursor, opening), opening.range)
  const divider = cursor.pieces[cursor.index]
  let whenFalse = asTemplate([], opening.range)
  if (divider?.kind === 'else') {
    cursor.index++
    whenFalse = asTemplate(buildParts(cursor, opening), divider.range)
  }
  const end = readEnd(cursor, opening, 'endif')
  return { kind: 'conditional', condition: opening.condition, whenTrue, whenFalse, range: rangeBetween(opening.range, end) }
}

function readEnd(cursor: Cursor, opening: Opening, wanted: 'endif' | 'endfor'): SourceRange {
  const piece = cursor.pieces[cursor.index]
  if (piece === undefined) throw new Error('parts end before the end of the pieces only')
  if (piece.kind !== wanted) throw syntaxError(`Unexpected ${piece.kind} directive`, `The ${opening.kind} directive at ${formatRange(opening.range)} ends with ${wanted}.`, piece.range)
  cursor.index++
  return piece.range
}

function asTemplate(parts: readonly Expression[], fallback: SourceRange): Expression {
  const [first] = parts
  const last = parts.at(-1)
  return { kind: 'template', parts, range: first === undefined || last === undefined ? fallback : rangeBetween(first.range, last.range) }
}
