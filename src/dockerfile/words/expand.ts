import { InvalidValueError } from '../../ground/errors.ts'
import { replacePattern, trimPrefix, trimSuffix } from './shellPattern.ts'
import { isSpace } from './whitespace.ts'

/**
 * What a shell would do with a word, as far as Dockerfiles have it: quotes are taken off, `$v` and `${v…}` replaced,
 * and the result is split at white space that is not quoted.
 */
export interface Expansion {
  readonly text: string
  /** Empty words, such as `""`, are none. */
  readonly words: readonly string[]
  /** Names that were looked up and found. */
  readonly matched: ReadonlySet<string>
  /** Names that were looked up in vain. */
  readonly unmatched: ReadonlySet<string>
}

export interface ExpandOptions {
  readonly escape: EscapeCharacter
  readonly keepQuotes?: boolean
  /** Quotes are characters like others, as in a here-document. */
  readonly ignoreQuotes?: boolean
  /** `$v` stays as it is where v is not set. */
  readonly keepUnset?: boolean
}

export type EscapeCharacter = '\\' | '`'

/** @throws InvalidValueError on an open quote or brace, an unknown form, and where `${v:?}` finds nothing */
export function expand(text: string, variables: ReadonlyMap<string, string>, options: ExpandOptions): Expansion {
  const cursor: Cursor = { characters: Array.from(text), at: 0, variables, options, matched: new Set(), unmatched: new Set(), depth: 0 }
  try {
    const { text: result, words } = readUntil(cursor, undefined, false)
    return { text: result, words, matched: cursor.matched, unmatched: cursor.unmatched }
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error
    throw new InvalidValueError(`failed to process ${JSON.stringify(text)}: ${error.message}`, { hint: error.hint, cause: error })
  }
}

interface Cursor {
  readonly characters: readonly string[]
  at: number
  readonly variables: ReadonlyMap<string, string>
  readonly options: ExpandOptions
  readonly matched: Set<string>
  readonly unmatched: Set<string>
  /** How many `${` are open. */
  depth: number
}

const MAX_DEPTH = 100 // far beyond any use, far below what the stack bears
const SPECIAL_PARAMETERS = /^[@*#?\-$!]$/

function peek(cursor: Cursor): string | undefined {
  return cursor.characters[cursor.at]
}

function next(cursor: Cursor): string | undefined {
  return cursor.characters[cursor.at++]
}

/** Up to and with `stop`, or to the end. `keepEscapes` leaves them to the reader of a pattern. */
function readUntil(cursor: Cursor, stop: string | undefined, keepEscapes: boolean): { text: string; words: readonly string[] } {
  const words = createWordSplitter()
  let text = ''
  for (let character = peek(cursor); character !== undefined; character = peek(cursor)) {
    if (character === stop) {
      cursor.at++
      return { text, words: words.finish() }
    }
    const piece = readPiece(cursor, character, keepEscapes)
    text += piece.text
    words.add(piece)
  }
  if (stop !== undefined) throw new InvalidValueError(`syntax error: missing '${stop}'`)
  return { text, words: words.finish() }
}

interface Piece {
  readonly text: string
  /** White space in a quoted piece does not end a word. */
  readonly isQuoted: boolean
}

function readPiece(cursor: Cursor, character: string, keepEscapes: boolean): Piece {
  if (character === '$') return { text: readDollar(cursor), isQuoted: false }
  if (cursor.options.ignoreQuotes !== true) {
    if (character === "'") return { text: readSingleQuoted(cursor), isQuoted: true }
    if (character === '"') return { text: readDoubleQuoted(cursor, keepEscapes), isQuoted: true }
  }
  cursor.at++
  if (character !== cursor.options.escape) return { text: character, isQuoted: false }
  const escaped = next(cursor) ?? ''
  return { text: keepEscapes ? character + escaped : escaped, isQuoted: escaped !== '' }
}

function createWordSplitter(): { add(piece: Piece): void; finish(): readonly string[] } {
  const words: string[] = []
  let word = ''
  const end = (): void => {
    if (word !== '') words.push(word)
    word = ''
  }
  return {
    add({ text, isQuoted }) {
      if (isQuoted) {
        word += text
        return
      }
      for (const character of text) {
        if (isSpace(character)) end()
        else word += character
      }
    },
    finish() {
      end()
      return words
    },
  }
}

function readSingleQuoted(cursor: Cursor): string {
  const end = cursor.characters.indexOf("'", cursor.at + 1)
  if (end < 0) throw new InvalidValueError('unexpected end of statement while looking for matching single-quote')
  const text = cursor.characters.slice(cursor.at + 1, end).join('')
  cursor.at = end + 1
  return cursor.options.keepQuotes === true ? `'${text}'` : text
}

/** The escape character escapes `"`, `$` and itself; before anything else it stands for itself. */
function readDoubleQuoted(cursor: Cursor, keepEscapes: boolean): string {
  const { escape, keepQuotes } = cursor.options
  cursor.at++
  let text = ''
  for (let character = peek(cursor); character !== undefined; character = peek(cursor)) {
    if (character === '$') {
      text += readDollar(cursor)
      continue
    }
    cursor.at++
    if (character === '"') return keepQuotes === true ? `"${text}"` : text
    const following = peek(cursor)
    const escapes = character === escape && following !== undefined && ['"', '$', escape].includes(following)
    if (escapes) cursor.at++
    text += escapes ? (keepEscapes ? character : '') + following : character
  }
  throw new InvalidValueError('unexpected end of statement while looking for matching double-quote')
}

function readDollar(cursor: Cursor): string {
  cursor.at++
  if (peek(cursor) === '{') {
    cursor.at++
    return readBraces(cursor)
  }
  const name = readName(cursor)
  if (name === '') return '$'
  return look(cursor, name) ?? (cursor.options.keepUnset === true ? `$${name}` : '')
}

/** Digits, or one special parameter, or letters, digits and `_`; '' where there is no name. */
function readName(cursor: Cursor): string {
  const first = peek(cursor)
  if (first !== undefined && SPECIAL_PARAMETERS.test(first)) {
    cursor.at++
    return first
  }
  const part = first !== undefined && /^\p{Nd}$/u.test(first) ? /^\p{Nd}$/u : /^[\p{L}\p{Nd}_]$/u
  let name = ''
  for (let character = first; character !== undefined && part.test(character); character = peek(cursor)) {
    name += character
    cursor.at++
  }
  return name
}

function look(cursor: Cursor, name: string): string | undefined {
  const value = cursor.variables.get(name)
  ;(value === undefined ? cursor.unmatched : cursor.matched).add(name)
  return value
}

/** From behind the `${`. */
function readBraces(cursor: Cursor): string {
  const start = cursor.at
  const first = peek(cursor)
  if (first === undefined) throw new InvalidValueError("syntax error: missing '}'")
  if ('{}:'.includes(first)) throw new InvalidValueError('syntax error: bad substitution')
  const name = readName(cursor)
  const isSet = cursor.variables.has(name)
  if (++cursor.depth > MAX_DEPTH) throw new InvalidValueError(`more than ${MAX_DEPTH} substitutions inside each other`)
  const result = substitute(cursor, name)
  cursor.depth--
  if (cursor.options.keepUnset === true && !isSet) return `\${${cursor.characters.slice(start, cursor.at).join('')}`
  return result
}

function substitute(cursor: Cursor, name: string): string {
  const operator = next(cursor) ?? ''
  switch (operator) {
    case '}':
      return look(cursor, name) ?? ''
    case ':':
      return readConditional(cursor, name, `:${next(cursor) ?? ''}`)
    case '-':
    case '+':
    case '?':
      return readConditional(cursor, name, operator)
    case '#':
    case '%':
      return readTrim(cursor, name, operator)
    case '/':
      return readReplacement(cursor, name)
    default:
      throw unsupported(operator)
  }
}

/** With a `:`, an empty value is as good as none. */
function readConditional(cursor: Cursor, name: string, operator: string): string {
  const { text: word } = readUntil(cursor, '}', false)
  const value = look(cursor, name)
  const usable = operator.startsWith(':') && value === '' ? undefined : value
  if (operator.endsWith('-')) return usable ?? word
  if (operator.endsWith('+')) return usable === undefined ? '' : word
  if (!operator.endsWith('?')) throw unsupported(operator)
  if (usable !== undefined || cursor.options.keepUnset === true) return usable ?? ''
  throw missingValue(name, word, value === undefined ? 'unset' : 'empty')
}

function missingValue(name: string, word: string, state: 'unset' | 'empty'): InvalidValueError {
  const message = word === '' ? `is not allowed to be ${state}` : word
  return new InvalidValueError(`${name}: ${message}`, { hint: `give it a value: --build-arg ${name}=…` })
}

function readTrim(cursor: Cursor, name: string, operator: '#' | '%'): string {
  const { text: word } = readUntil(cursor, '}', true)
  const value = look(cursor, name) ?? ''
  const isLongest = word.startsWith(operator)
  const pattern = isLongest ? word.slice(1) : word
  const trimEnd = operator === '#' ? trimPrefix : trimSuffix
  return trimEnd(value, pattern, isLongest ? 'longest' : 'shortest')
}

function readReplacement(cursor: Cursor, name: string): string {
  const isGlobal = peek(cursor) === '/'
  if (isGlobal) cursor.at++
  const { text: pattern } = readUntil(cursor, '/', true)
  const { text: replacement } = readUntil(cursor, '}', true)
  return replacePattern(look(cursor, name) ?? '', pattern, replacement, isGlobal)
}

function unsupported(operator: string): InvalidValueError {
  return new InvalidValueError(`unsupported modifier (${operator}) in substitution`)
}
