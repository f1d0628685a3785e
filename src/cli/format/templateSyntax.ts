import { UsageError } from '../flags/usageError.ts'
import { FUNCTION_NAMES, type FunctionName } from './templateFunctions.ts'

/** A template as a tree: the part of Go's text/template (pkg.go.dev/text/template) that formats are made of. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly expression: Expression }
  | { readonly kind: 'assign'; readonly variable: string; readonly expression: Expression }
  | { readonly kind: 'if' | 'with'; readonly expression: Expression; readonly body: readonly Node[]; readonly otherwise: readonly Node[] }
  /** `variables` are none, one for the element, or two for key and element. */
  | { readonly kind: 'range'; readonly variables: readonly string[]; readonly expression: Expression; readonly body: readonly Node[]; readonly otherwise: readonly Node[] }

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  /** `.`, what the template is at. */
  | { readonly kind: 'dot' }
  /** `$name`; `$` is what the template was applied to. */
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly operands: readonly Expression[] }

/** @throws UsageError */
export function parseNodes(source: string): readonly Node[] {
  const reader = { pieces: splitPieces(source), next: 0 }
  const { nodes } = readBlock(reader, undefined)
  return nodes
}

interface Reader {
  readonly pieces: readonly Piece[]
  next: number
}

interface Piece {
  readonly kind: 'text' | 'action'
  readonly text: string
}

/** Text and actions in turn; `{{-` and `-}}` take blanks of the text beside them away. */
function splitPieces(source: string): readonly Piece[] {
  const parts = source.split(/(\{\{(?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^}])*\}\})/)
  return parts.flatMap((part, index): Piece[] => {
    if (part.startsWith('{{')) return [{ kind: 'action', text: part.replace(/^\{\{(?:-(?=\s))?/, '').replace(/(?:(?<=\s)-)?\}\}$/, '').trim() }]
    const [before = '', after = ''] = [parts[index - 1], parts[index + 1]]
    const start = /\s-\}\}$/.test(before) ? part.trimStart() : part
    const text = /^\{\{-\s/.test(after) ? start.trimEnd() : start
    return text === '' ? [] : [{ kind: 'text', text }]
  })
}

interface Block {
  readonly nodes: readonly Node[]
  /** The action that ended it; undefined at the end of the template. */
  readonly end: string | undefined
}

function readBlock(reader: Reader, inside: string | undefined): Block {
  const nodes: Node[] = []
  while (reader.next < reader.pieces.length) {
    const { kind, text } = reader.pieces[reader.next++] ?? { kind: 'text', text: '' }
    if (kind === 'text') nodes.push({ kind: 'text', text })
    else if (inside !== undefined && /^(?:end|else\b.*)$/s.test(text)) return { nodes, end: text }
    else if (!/^\/\*.*\*\/$/s.test(text)) nodes.push(readAction(text, reader))
  }
  if (inside !== undefined) throw new UsageError(`invalid --format: ${inside} has no {{end}}`)
  return { nodes, end: undefined }
}

function readAction(text: string, reader: Reader): Node {
  const [, word = '', rest = ''] = /^(if|with|range)\s+(.*)$/s.exec(text) ?? []
  if (word === 'if' || word === 'with') return { kind: word, expression: parseExpression(rest), ...readBodies(reader, word) }
  if (word === 'range') return { kind: word, ...parseRange(rest), ...readBodies(reader, word) }
  const [, variable, value = ''] = /^\$(\w+)\s*:?=\s*(.*)$/s.exec(text) ?? []
  return variable === undefined ? { kind: 'value', expression: parseExpression(text) } : { kind: 'assign', variable, expression: parseExpression(value) }
}

/** `$key, $element := list`, `$element := list` or `list`. */
function parseRange(text: string): { readonly variables: readonly string[]; readonly expression: Expression } {
  const [, names = '', list = text] = /^(\$\w+(?:\s*,\s*\$\w+)?)\s*:=\s*(.*)$/s.exec(text) ?? []
  return { variables: names.split(',').map((name) => name.trim().slice(1)).filter((name) => name !== ''), expression: parseExpression(list) }
}

/** What stands between the action and its end, and what behind its `else`. */
function readBodies(reader: Reader, word: string): { readonly body: readonly Node[]; readonly otherwise: readonly Node[] } {
  const { nodes: body, end = '' } = readBlock(reader, word)
  if (end === 'end') return { body, otherwise: [] }
  const inner = end.replace(/^else\s*/, '')
  if (inner === '') return { body, otherwise: readBlock(reader, word).nodes }
  return { body, otherwise: [readAction(inner, reader)] } // `else if` shares its end
}

interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
}

const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|\$\w*|\.\w*|-?\d+|\w+|[()|]|\S/g

function parseExpression(text: string): Expression {
  const tokens = [...text.matchAll(TOKEN)].map(({ 0: token, index }): Token => ({ text: token, start: index, end: index + token.length }))
  const parser = { tokens, next: 0, text }
  const expression = parsePipeline(parser)
  if (parser.next < tokens.length) throw unsupported(text)
  return expression
}

interface ExpressionParser {
  readonly tokens: readonly Token[]
  next: number
  readonly text: string
}

/** `a | f` is `f a`. */
function parsePipeline(parser: ExpressionParser): Expression {
  let value = parseCommand(parser, [])
  while (parser.tokens[parser.next]?.text === '|') {
    parser.next++
    value = parseCommand(parser, [value])
  }
  return value
}

function parseCommand(parser: ExpressionParser, piped: readonly Expression[]): Expression {
  const word = parser.tokens[parser.next]?.text ?? ''
  const name = FUNCTION_NAMES.find((candidate) => candidate === word)
  if (name === undefined) {
    if (piped.length > 0) throw unsupported(parser.text)
    return parseOperand(parser)
  }
  parser.next++
  const operands: Expression[] = []
  while (![undefined, '|', ')'].includes(parser.tokens[parser.next]?.text)) operands.push(parseOperand(parser))
  return { kind: 'call', name, operands: [...operands, ...piped] }
}

function parseOperand(parser: ExpressionParser): Expression {
  const first = parser.tokens[parser.next++]
  if (first === undefined) throw unsupported(parser.text)
  let { expression, end } = parsePrimary(first, parser)
  // `.A.B` and `(f x).A` are fields of what stands right before them.
  for (let token = parser.tokens[parser.next]; token?.start === end && token.text.startsWith('.') && token.text !== '.'; token = parser.tokens[parser.next]) {
    expression = { kind: 'field', of: expression, name: token.text.slice(1) }
    end = token.end
    parser.next++
  }
  return expression
}

function parsePrimary({ text, end }: Token, parser: ExpressionParser): { readonly expression: Expression; readonly end: number } {
  if (text === '(') return parseParentheses(parser)
  return { expression: parseWord(text, parser), end }
}

function parseParentheses(parser: ExpressionParser): { readonly expression: Expression; readonly end: number } {
  const expression = parsePipeline(parser)
  const close = parser.tokens[parser.next++]
  if (close?.text !== ')') throw unsupported(parser.text)
  return { expression, end: close.end }
}

function parseWord(text: string, parser: ExpressionParser): Expression {
  if (text === '.') return { kind: 'dot' }
  if (/^\.[A-Za-z_]/.test(text)) return { kind: 'field', of: { kind: 'dot' }, name: text.slice(1) }
  if (text.startsWith('$')) return { kind: 'variable', name: text.slice(1) }
  if (text.startsWith('`')) return { kind: 'literal', value: text.slice(1, -1) }
  if (/^".*"$/s.test(text)) return { kind: 'literal', value: unquote(text, parser.text) }
  if (/^-?\d+$/.test(text)) return { kind: 'literal', value: Number(text) }
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
  throw unsupported(parser.text)
}

/** Go's strings are JSON's, but for escapes that nobody writes in a format. */
function unquote(text: string, whole: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    throw unsupported(whole)
  }
}

function unsupported(text: string): UsageError {
  return new UsageError(`not supported in --format: ${JSON.stringify(text)}`, { hint: `there are fields (.Name), variables, range, with, if, else, and the functions ${FUNCTION_NAMES.join(', ')}` })
}
