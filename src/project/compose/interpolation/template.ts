import { InvalidValueError } from '../../../ground/errors.ts'

/** How deep defaults may stand in defaults. */
const MOST_DEPTH = 50

/** A text with variables in it, Compose specification, "Interpolation". */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly rule: VariableRule | undefined }

/** What holds where a variable is unset; with `countsEmpty`, also where it is empty. */
export interface VariableRule {
  readonly operator: '-' | '?' | '+'
  readonly countsEmpty: boolean
  readonly word: readonly TemplatePart[]
  /** `word` as it was written. */
  readonly wordText: string
}

export interface Scope {
  readonly lookup: (name: string) => string | undefined
  /** A variable without a value, and without anything to stand in for it: it becomes ''. */
  readonly onUnset: (name: string) => void
}

/** `${NAME:?message}`, where NAME has no value. */
export class RequiredVariableError extends InvalidValueError {}

/** A `$` that no name and no brace stands behind is itself. @throws InvalidValueError where a brace holds no variable */
export function parseTemplate(text: string, depth = 0): readonly TemplatePart[] {
  if (depth > MOST_DEPTH) throw new InvalidValueError(`defaults of variables nested more than ${MOST_DEPTH} deep`)
  const parts: TemplatePart[] = []
  let at = 0
  while (at < text.length) {
    const sign = text.indexOf('$', at)
    if (sign !== at) parts.push({ kind: 'text', text: text.slice(at, sign < 0 ? undefined : sign) })
    if (sign < 0) break
    const { part, end } = parseVariable(text, sign, depth)
    parts.push(part)
    at = end
  }
  return parts
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const OPERATOR = /(:?)([-+?])/y

/** `text` has a `$` at `sign`. */
function parseVariable(text: string, sign: number, depth: number): { readonly part: TemplatePart; readonly end: number } {
  if (text[sign + 1] === '$') return { part: { kind: 'text', text: '$' }, end: sign + 2 }
  const isBraced = text[sign + 1] === '{'
  const name = matchAt(NAME, text, sign + (isBraced ? 2 : 1))?.[0]
  if (name === undefined && !isBraced) return { part: { kind: 'text', text: '$' }, end: sign + 1 }
  if (name === undefined) throw invalidTemplate(text)
  const behindName = sign + (isBraced ? 2 : 1) + name.length
  if (!isBraced) return { part: { kind: 'variable', name, rule: undefined }, end: behindName }
  const close = closingBrace(text, sign)
  if (close === undefined) throw invalidTemplate(text)
  if (close === behindName) return { part: { kind: 'variable', name, rule: undefined }, end: close + 1 }
  const operator = matchAt(OPERATOR, text, behindName)
  if (operator === undefined) throw invalidTemplate(text)
  const wordText = text.slice(behindName + operator[0].length, close)
  const rule: VariableRule = { operator: operator[2] as VariableRule['operator'], countsEmpty: operator[1] === ':', word: parseTemplate(wordText, depth + 1), wordText }
  return { part: { kind: 'variable', name, rule }, end: close + 1 }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

/** Of the `${` at `from`. Braces that no `$` stands before do not nest. */
function closingBrace(text: string, from: number): number | undefined {
  let open = 0
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) open += 1
    else if (text[at] === '}') open -= 1
    if (open === 0 && text[at] === '}') return at
  }
  return undefined
}

function invalidTemplate(text: string): InvalidValueError {
  return new InvalidValueError(`no variable in the braces of ${JSON.stringify(text)}`, { hint: 'write $${ for the signs themselves, or ${NAME}, ${NAME:-default}, ${NAME:?message}, ${NAME:+instead}' })
}

/** @throws InvalidValueError; RequiredVariableError */
export function substitute(text: string, scope: Scope): string {
  return text.includes('$') ? expand(parseTemplate(text), scope) : text
}

function expand(parts: readonly TemplatePart[], scope: Scope): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : expandVariable(part.name, part.rule, scope))).join('')
}

function expandVariable(name: string, rule: VariableRule | undefined, scope: Scope): string {
  const value = scope.lookup(name)
  if (rule === undefined) {
    if (value === undefined) scope.onUnset(name)
    return value ?? ''
  }
  const hasValue = value !== undefined && !(rule.countsEmpty && value === '')
  switch (rule.operator) {
    case '-':
      return hasValue ? value : expand(rule.word, scope)
    case '+':
      return hasValue ? expand(rule.word, scope) : ''
    case '?':
      if (hasValue) return value
      throw new RequiredVariableError(`required variable ${name} is missing a value: ${expand(rule.word, scope)}`, { hint: `set it: in the environment, in .env, or in a file for --env-file` })
  }
}
