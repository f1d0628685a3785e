import type { SourceRange } from '../sourceRange.ts'
import { string } from '../values/value.ts'
import type { Expression } from './expression.ts'
import { readEscape } from './stringEscape.ts'
import { buildTemplate } from './templateTree.ts'
import { outdentPieces, trimPieces, type TemplatePiece } from './templateText.ts'
import { locateToken, syntaxError, type TokenReader } from './tokenReader.ts'
import type { Token } from './token.ts'

/** Parses the expressions that stand in templates. */
export type ParseExpression = (reader: TokenReader) => Expression

/** The template in quotes; its opening quote comes next. */
export function parseQuotedTemplate(reader: TokenReader, parseExpression: ParseExpression): Expression {
  const open = reader.read()
  const pieces = readPieces(reader, parseExpression, { until: () => (reader.text[reader.offset] === '"' ? reader.offset + 1 : undefined), open, escapes: true })
  const range = reader.locate(open.start, reader.offset)
  return buildTemplate(trimPieces(pieces), range)
}

/** The heredoc whose opening line, such as `<<-EOT`, comes next. */
export function parseHeredoc(reader: TokenReader, parseExpression: ParseExpression): Expression {
  const open = reader.read()
  const name = /<<-?(.*?)\r?\n$/.exec(open.text)?.[1] ?? ''
  const end = new RegExp(`[ \\t]*${name}(?=\\r?\\n|$)`, 'y')
  const until = (): number | undefined => {
    end.lastIndex = reader.offset
    return isLineStart(reader.text, reader.offset) && end.test(reader.text) ? end.lastIndex : undefined
  }
  const pieces = trimPieces(readPieces(reader, parseExpression, { until, open, escapes: false }))
  const outdented = open.text.startsWith('<<-') ? outdentPieces(pieces) : pieces
  return buildTemplate(outdented, reader.locate(open.start, reader.offset))
}

/** A whole text as a template, as strings of JSON files are. */
export function parseWholeTemplate(reader: TokenReader, parseExpression: ParseExpression): Expression {
  const until = (): number | undefined => (reader.offset === reader.text.length ? reader.offset : undefined)
  const open: Token = { kind: 'quote', text: '', start: 0, end: 0 }
  const pieces = readPieces(reader, parseExpression, { until, open, escapes: false })
  return buildTemplate(trimPieces(pieces), reader.locate(0, reader.text.length))
}

interface TemplateForm {
  /** Where reading goes on, where the template ends here. */
  readonly until: () => number | undefined
  readonly open: Token
  /** In quotes: backslashes are escapes, and newlines are not allowed. */
  readonly escapes: boolean
}

function readPieces(reader: TokenReader, parseExpression: ParseExpression, form: TemplateForm): readonly TemplatePiece[] {
  const pieces: TemplatePiece[] = []
  for (;;) {
    const end = form.until()
    if (end !== undefined) {
      reader.offset = end
      return pieces
    }
    if (reader.offset >= reader.text.length) throw syntaxError('Unterminated template string', 'The file ends before the end of this string.', locateToken(reader, form.open))
    pieces.push(startsSequence(reader) ? readSequence(reader, parseExpression) : readText(reader, form))
  }
}

function startsSequence({ text, offset }: TokenReader): boolean {
  return text.startsWith('${', offset) || text.startsWith('%{', offset)
}

/** Up to a sequence, the end of the template, or the end of the line. */
function readText(reader: TokenReader, form: TemplateForm): TemplatePiece {
  const start = reader.offset
  let text = ''
  while (reader.offset < reader.text.length && !startsSequence(reader)) {
    if (form.until() !== undefined) break
    const { value, length } = readCharacters(reader, form)
    text += value
    reader.offset += length
    if (value === '\n' && !form.escapes) break
  }
  return { kind: 'text', text, range: reader.locate(start, reader.offset) }
}

function readCharacters(reader: TokenReader, form: TemplateForm): { readonly value: string; readonly length: number } {
  const { text, offset } = reader
  if (text.startsWith('$${', offset) || text.startsWith('%%{', offset)) return { value: text.slice(offset + 1, offset + 3), length: 3 }
  const character = text[offset] ?? ''
  if (!form.escapes) return { value: character, length: 1 }
  if (character === '\n' || text.startsWith('\r\n', offset)) {
    throw syntaxError('Invalid multi-line string', 'A string in quotes ends on the line that it begins on. Write \\n for a newline, or use a heredoc (<<EOT).', reader.locate(form.open.start, offset))
  }
  if (character !== '\\') return { value: character, length: 1 }
  const escape = readEscape(text, offset)
  if (escape === undefined) throw syntaxError('Invalid escape sequence', `${JSON.stringify(text.slice(offset, offset + 2))} is not an escape sequence: there are \\n, \\r, \\t, \\", \\\\, \\uNNNN and \\UNNNNNNNN.`, reader.locate(offset, offset + 2))
  return escape
}

/** `${ … }` or `%{ … }`, with or without `~`. */
function readSequence(reader: TokenReader, parseExpression: ParseExpression): TemplatePiece {
  const start = reader.offset
  const isDirective = reader.text[start] === '%'
  const trimsBefore = reader.text[start + 2] === '~'
  reader.offset += trimsBefore ? 3 : 2
  return reader.nest('skipped', () => {
    const opening = reader.locate(start, start + 2)
    const content = isDirective ? readDirective(reader, parseExpression) : { kind: 'interpolation' as const, expression: parseExpression(reader) }
    const trimsAfter = reader.take('~') !== undefined
    if (reader.take('}') === undefined) throw unclosedSequence(reader, opening)
    return { ...content, range: reader.locate(start, reader.offset), trimsBefore, trimsAfter }
  })
}

function unclosedSequence(reader: TokenReader, opening: SourceRange): Error {
  const next = reader.peek()
  if (next.kind === 'end' || next.kind === 'quote') return syntaxError('Unclosed template interpolation sequence', 'There is no closing brace for this sequence.', opening)
  return syntaxError('Extra characters after interpolation expression', 'A closing brace is expected here. If the sequence is meant for another language, such as a shell, write $${ instead of ${.', locateToken(reader, next))
}

type Directive = { readonly kind: 'if'; readonly condition: Expression } | { readonly kind: 'for'; readonly keyName: string | undefined; readonly valueName: string; readonly collection: Expression } | { readonly kind: 'else' | 'endif' | 'endfor' }

function readDirective(reader: TokenReader, parseExpression: ParseExpression): Directive {
  const keyword = reader.read()
  switch (keyword.text) {
    case 'if':
      return { kind: 'if', condition: parseExpression(reader) }
    case 'for':
      return { kind: 'for', ...readForNames(reader), collection: parseExpression(reader) }
    case 'else':
    case 'endif':
    case 'endfor':
      return { kind: keyword.text }
    default:
      throw syntaxError('Invalid template directive', `${JSON.stringify(keyword.text)} is no directive: there are if, else, endif, for and endfor.`, locateToken(reader, keyword))
  }
}

/** `value in` or `key, value in`, after the word `for`. */
export function readForNames(reader: TokenReader): { readonly keyName: string | undefined; readonly valueName: string } {
  const first = readName(reader)
  const second = reader.take(',') === undefined ? undefined : readName(reader)
  const word = reader.read()
  if (word.text !== 'in') throw syntaxError("Invalid 'for' expression", "The word 'in' is expected after the names.", locateToken(reader, word))
  return second === undefined ? { keyName: undefined, valueName: first } : { keyName: first, valueName: second }
}

function readName(reader: TokenReader): string {
  const token = reader.read()
  if (token.kind !== 'identifier') throw syntaxError("Invalid 'for' expression", 'A variable name is expected here.', locateToken(reader, token))
  return token.text
}

function isLineStart(text: string, offset: number): boolean {
  return offset === 0 || text[offset - 1] === '\n'
}

export function isPlainText(expression: Expression): expression is Expression & { readonly kind: 'template' } {
  return expression.kind === 'template' && expression.parts.every((part) => part.kind === 'literal' && part.value.kind === 'string')
}

/** The text of a template that is nothing but text. */
export function plainText(expression: Expression): string | undefined {
  if (!isPlainText(expression)) return undefined
  return expression.parts.map((part) => (part.kind === 'literal' && part.value.kind === 'string' ? part.value.value : '')).join('')
}

/** A literal as a part of a template. */
export function textExpression(text: string, range: SourceRange): Expression {
  return { kind: 'literal', value: string(text), range }
}
