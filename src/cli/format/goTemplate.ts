import { UsageError } from '../flags/usageError.ts'

/** JSON-like data that a template reads. */
export type TemplateValue = string | number | boolean | null | undefined | readonly TemplateValue[] | { readonly [key: string]: TemplateValue }

/** A `--format` of Docker's commands, read once and applied to many values. */
export interface Template {
  /** @throws UsageError where `value` lacks a field */
  apply(value: TemplateValue): string
  /** The fields that it reads, each a path of names. */
  readonly fields: readonly (readonly string[])[]
}

/**
 * Reads the part of Go's text/template that formats are made of: fields (`.Manifest.Digest`, letter case aside),
 * `json`, `lower`, `upper`, `len`, `index`, `| json`, `range … end`, `if … end`, quoted text. `json` alone is `{{json .}}`.
 * @throws UsageError on anything else
 */
export function parseTemplate(text: string): Template {
  if (text.startsWith('table')) throw new UsageError(`this command lists nothing that could be a table: ${JSON.stringify(text)}`, { hint: 'leave "table" out' })
  const source = text === 'json' ? '{{json .}}' : text.replace(/\\([tn])/g, (_, letter: string) => (letter === 't' ? '\t' : '\n'))
  const pieces = source.split(/(\{\{(?:"(?:[^"\\]|\\.)*"|[^}])*\}\})/).filter((piece) => piece !== '')
  const reader = { pieces, next: 0 }
  const nodes = parseNodes(reader, false)
  return { apply: (value) => nodes.map((node) => render(node, value)).join(''), fields: nodes.flatMap(fieldsOf) }
}

function fieldsOf(node: Node): readonly (readonly string[])[] {
  if (node.kind === 'text') return []
  return [...fieldsRead(node.expression), ...(node.kind === 'value' ? [] : node.body.flatMap(fieldsOf))]
}

function fieldsRead(expression: Expression): readonly (readonly string[])[] {
  if (expression.kind === 'call') return expression.operands.flatMap(fieldsRead)
  return expression.kind === 'field' ? [expression.path] : []
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly expression: Expression }
  | { readonly kind: 'range' | 'if'; readonly expression: Expression; readonly body: readonly Node[] }

type Expression =
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly operands: readonly Expression[] }

const FUNCTIONS = ['json', 'lower', 'upper', 'len', 'index'] as const
type FunctionName = (typeof FUNCTIONS)[number]

interface Reader {
  readonly pieces: readonly string[]
  next: number
}

function parseNodes(reader: Reader, isInside: boolean): readonly Node[] {
  const nodes: Node[] = []
  while (reader.next < reader.pieces.length) {
    const piece = reader.pieces[reader.next++] ?? ''
    if (!piece.startsWith('{{')) {
      nodes.push({ kind: 'text', text: piece })
      continue
    }
    const inside = piece.slice(2, -2).trim()
    if (inside === 'end' && isInside) return nodes
    nodes.push(parseAction(inside, reader))
  }
  if (isInside) throw new UsageError('invalid --format: a range or if has no {{end}}')
  return nodes
}

function parseAction(inside: string, reader: Reader): Node {
  const [, block, rest] = /^(range|if)\s+(.*)$/s.exec(inside) ?? []
  if (block === 'range' || block === 'if') return { kind: block, expression: parsePipeline(rest ?? ''), body: parseNodes(reader, true) }
  return { kind: 'value', expression: parsePipeline(inside) }
}

/** `a | f` is `f a`. */
function parsePipeline(text: string): Expression {
  const [first = '', ...stages] = text.split('|').map((part) => part.trim())
  return stages.reduce((operand, stage) => parseCall(stage, [operand]), parseCall(first, []))
}

function parseCall(text: string, piped: readonly Expression[]): Expression {
  const words = text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []
  const [head = '', ...rest] = words
  const name = FUNCTIONS.find((candidate) => candidate === head)
  if (name !== undefined) return { kind: 'call', name, operands: [...rest.map(parseOperand), ...piped] }
  if (rest.length > 0 || piped.length > 0) throw unsupported(text)
  return parseOperand(head)
}

function parseOperand(word: string): Expression {
  if (/^\.(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?$/.test(word)) return { kind: 'field', path: word.split('.').filter((name) => name !== '') }
  if (/^".*"$/s.test(word)) return { kind: 'literal', value: String(JSON.parse(word)) }
  if (/^\d+$/.test(word)) return { kind: 'literal', value: Number(word) }
  throw unsupported(word)
}

function unsupported(text: string): UsageError {
  return new UsageError(`not supported in --format: ${JSON.stringify(text)}`, { hint: `there are fields (.Name), ${FUNCTIONS.join(', ')}, range and if` })
}

function render(node: Node, value: TemplateValue): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'value':
      return formatValue(evaluate(node.expression, value))
    case 'if':
      return isTruthy(evaluate(node.expression, value)) ? node.body.map((inner) => render(inner, value)).join('') : ''
    case 'range':
      return elementsOf(evaluate(node.expression, value)).map((element) => node.body.map((inner) => render(inner, element)).join('')).join('')
  }
}

function evaluate(expression: Expression, value: TemplateValue): TemplateValue {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'field':
      return expression.path.reduce(fieldOf, value)
    case 'call':
      return call(expression.name, expression.operands.map((operand) => evaluate(operand, value)))
  }
}

function call(name: FunctionName, [first, ...rest]: readonly TemplateValue[]): TemplateValue {
  switch (name) {
    case 'json':
      return JSON.stringify(first ?? null)
    case 'lower':
      return formatValue(first).toLowerCase()
    case 'upper':
      return formatValue(first).toUpperCase()
    case 'len':
      return typeof first === 'string' ? first.length : elementsOf(first).length
    case 'index':
      return rest.reduce<TemplateValue>((value, key) => (isList(value) ? value[Number(key)] : isObject(value) ? new Map(Object.entries(value)).get(formatValue(key)) : undefined), first)
  }
}

/** Go's templates name fields as its structures do, in upper case; the data has JSON's names. */
function fieldOf(value: TemplateValue, name: string): TemplateValue {
  if (!isObject(value)) throw new UsageError(`--format asks for .${name} of what has no fields`)
  const fields = new Map(Object.entries(value))
  if (fields.has(name)) return fields.get(name)
  const key = [...fields.keys()].find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  if (key === undefined) throw new UsageError(`--format asks for .${name}, and there is none`, { hint: `there are ${[...fields.keys()].join(', ')}` })
  return fields.get(key)
}

function elementsOf(value: TemplateValue): readonly TemplateValue[] {
  if (isList(value)) return value
  return isObject(value) ? Object.values(value) : []
}

function isTruthy(value: TemplateValue): boolean {
  if (isList(value) || isObject(value)) return elementsOf(value).length > 0
  return Boolean(value)
}

function formatValue(value: TemplateValue): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function isList(value: TemplateValue): value is readonly TemplateValue[] {
  return Array.isArray(value)
}

function isObject(value: TemplateValue): value is Readonly<Record<string, TemplateValue>> {
  return typeof value === 'object' && value !== null && !isList(value)
}
