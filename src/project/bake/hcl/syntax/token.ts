/** A word of HCL's native syntax; templates are read by the template parser, from the opening quote on. */
export interface Token {
  readonly kind: TokenKind
  /** As it stands in the file. */
  readonly text: string
  readonly start: number
  readonly end: number
}

/** `symbol` is an operator or bracket, told by its text; `heredoc` is the opening line, with its newline. */
export type TokenKind = 'identifier' | 'number' | 'symbol' | 'quote' | 'heredoc' | 'newline' | 'end' | 'invalid'

const SPACE = /(?:[ \t]|\r(?!\n)|\/\*[^]*?\*\/)*/y
const LINE_COMMENT = /(?:#|\/\/)[^\n]*/y
const NEWLINE = /\r?\n/y
const HEREDOC = /<<-?[\p{ID_Start}_][\p{ID_Continue}-]*\r?\n/uy
const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy
const NUMBER = /\d+(?:\.(?:\d+|(?=[eE][+-]?\d)))?(?:[eE][+-]?\d+)?/y
const SYMBOL = /\.\.\.|=>|==|!=|>=|<=|&&|\|\||::|[-+*/%!=<>?:.,()[\]{}~]/y

/** The word at or after `offset`; spaces and comments before it are skipped, newlines where they mean nothing. */
export function readToken(text: string, offset: number, skipsNewlines: boolean): Token {
  let start = offset
  for (;;) {
    start = skip(text, start)
    const newline = match(NEWLINE, text, start)
    if (newline === undefined) break
    if (!skipsNewlines) return token('newline', text, start, newline)
    start = newline
  }
  if (start >= text.length) return token('end', text, start, start)
  if (text[start] === '"') return token('quote', text, start, start + 1)
  for (const [kind, pattern] of WORDS) {
    const end = match(pattern, text, start)
    if (end !== undefined) return token(kind, text, start, end)
  }
  return token('invalid', text, start, start + String.fromCodePoint(text.codePointAt(start) ?? 0).length)
}

const WORDS: readonly (readonly [TokenKind, RegExp])[] = [
  ['identifier', IDENTIFIER],
  ['number', NUMBER],
  ['heredoc', HEREDOC],
  ['symbol', SYMBOL],
]

function skip(text: string, from: number): number {
  const start = match(SPACE, text, from) ?? from
  return match(LINE_COMMENT, text, start) ?? start
}

function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

function token(kind: TokenKind, text: string, start: number, end: number): Token {
  return { kind, text: text.slice(start, end), start, end }
}
