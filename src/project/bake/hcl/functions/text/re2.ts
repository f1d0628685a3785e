import { InvalidValueError } from '../../../../../ground/errors.ts'

/** A pattern that RE2 does not know, or that cannot be had here. The message is the part of a sentence. */
export class PatternError extends InvalidValueError {}

/** A pattern in the syntax of RE2 (Go's `regexp`) as one of JavaScript, which means the same. */
export function compileRe2(pattern: string): RegExp {
  const source = translate({ pattern, index: 0 }, { dotAll: false, multiline: false, ungreedy: false }, true)
  try {
    return new RegExp(source, 'gv')
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new PatternError(`invalid regexp pattern: ${error.message.replace(/^Invalid regular expression: \/.*\/\w*: /s, '')}`)
  }
}

interface Cursor {
  readonly pattern: string
  index: number
}

interface Flags {
  readonly dotAll: boolean
  readonly multiline: boolean
  readonly ungreedy: boolean
}

/** Up to the parenthesis that closes the group, or to the end. */
function translate(cursor: Cursor, outer: Flags, isWhole: boolean): string {
  let flags = outer
  let result = ''
  /** Of groups that flags in the middle have opened: they last to the end of the group. */
  let pending = ''
  while (cursor.index < cursor.pattern.length) {
    if (cursor.pattern[cursor.index] === ')') {
      if (isWhole) throw new PatternError('invalid regexp pattern: unexpected )')
      return result + pending
    }
    const change = readFlagChange(cursor)
    if (change === undefined) result += translateItem(cursor, flags)
    else {
      flags = { ...flags, ...change.flags }
      result += change.open
      pending += change.open === '' ? '' : ')'
    }
  }
  if (!isWhole) throw new PatternError('invalid regexp pattern: missing closing )')
  return result + pending
}

/** `(?i)` and the like. */
function readFlagChange(cursor: Cursor): { readonly open: string; readonly flags: Partial<Flags> } | undefined {
  const match = takePattern(cursor, /\(\?([imsU]*)(?:-([imsU]+))?\)/y)
  if (match === undefined) return undefined
  return flagsOf(match[1] ?? '', match[2] ?? '')
}

function flagsOf(on: string, off: string): { readonly open: string; readonly flags: Partial<Flags> } {
  const flag = (letter: string): boolean | undefined => (on.includes(letter) ? true : off.includes(letter) ? false : undefined)
  const [ignoreCase, multiline, dotAll, ungreedy] = ['i', 'm', 's', 'U'].map(flag)
  const flags = { ...(multiline === undefined ? {} : { multiline }), ...(dotAll === undefined ? {} : { dotAll }), ...(ungreedy === undefined ? {} : { ungreedy }) }
  return { open: ignoreCase === undefined ? '' : ignoreCase ? '(?i:' : '(?-i:', flags }
}

function translateItem(cursor: Cursor, flags: Flags): string {
  const character = cursor.pattern[cursor.index] ?? ''
  switch (character) {
    case '(':
      return translateGroup(cursor, flags)
    case '[':
      return translateClass(cursor)
    case '\\':
      return translateEscape(cursor)
    case '{':
    case '*':
    case '+':
    case '?':
      return translateRepetition(cursor, flags)
    default:
      return translateCharacter(takePattern(cursor, /[^]/uy)?.[0] ?? '', flags)
  }
}

function translateCharacter(character: string, { dotAll, multiline }: Flags): string {
  switch (character) {
    case '.':
      return dotAll ? '[^]' : '[^\\n]'
    case '^':
      return multiline ? '(?<![^\\n])' : '(?<![^])'
    case '$':
      return multiline ? '(?![^\\n])' : '(?![^])'
    case ']':
    case '}':
      return `\\${character}`
    default:
      return character
  }
}

/** RE2 bounds repetitions, and takes a brace that is none for itself. */
function translateRepetition(cursor: Cursor, { ungreedy }: Flags): string {
  const match = takePattern(cursor, /([*+?]|\{(\d+)(?:,(\d*))?\})(\??)/y)
  if (match === undefined) {
    cursor.index++
    return '\\{'
  }
  const [, repetition = '', least, most, lazy] = match
  if ([least, most].some((count) => Number(count ?? '') > 1000)) throw new PatternError(`invalid regexp pattern: invalid repeat count in ${repetition}`)
  return repetition + ((lazy === '?') === ungreedy ? '' : '?')
}

function translateGroup(cursor: Cursor, flags: Flags): string {
  const start = cursor.index
  const named = takePattern(cursor, /\(\?P?<([A-Za-z_]\w*)>/y)
  const flagged = named === undefined ? takePattern(cursor, /\(\?([imsU]*)(?:-([imsU]+))?:/y) : undefined
  if (named !== undefined) return closeGroup(cursor, flags, `(?<${named[1] ?? ''}>`)
  if (flagged !== undefined) {
    const change = flagsOf(flagged[1] ?? '', flagged[2] ?? '')
    return closeGroup(cursor, { ...flags, ...change.flags }, change.open === '' ? '(?:' : change.open)
  }
  if (cursor.pattern[start + 1] === '?') throw new PatternError(`invalid regexp pattern: invalid or unsupported Perl syntax in ${cursor.pattern.slice(start, start + 4)}`)
  cursor.index++
  return closeGroup(cursor, flags, '(')
}

function closeGroup(cursor: Cursor, flags: Flags, open: string): string {
  const content = translate(cursor, flags, false)
  cursor.index++
  return `${open}${content})`
}

const CLASSES: ReadonlyMap<string, string> = new Map([['d', '0-9'], ['w', '0-9A-Za-z_'], ['s', '\\t\\n\\f\\r\\x20']])
const CONTROLS: ReadonlyMap<string, string> = new Map([['a', '\\x07'], ['f', '\\f'], ['t', '\\t'], ['n', '\\n'], ['r', '\\r'], ['v', '\\v']])
const POSITIONS: ReadonlyMap<string, string> = new Map([['A', '(?<![^])'], ['z', '(?![^])'], ['b', '\\b'], ['B', '\\B']])

function translateEscape(cursor: Cursor): string {
  const quoted = takePattern(cursor, /\\Q([^]*?)(?:\\E|$)/y)
  if (quoted !== undefined) return Array.from(quoted[1] ?? '', literal).join('')
  const letter = cursor.pattern[cursor.index + 1] ?? ''
  const position = POSITIONS.get(letter)
  if (position !== undefined) {
    cursor.index += 2
    return position
  }
  return readCharacterEscape(cursor).text
}

/** An escape that stands for characters, in brackets or not. */
function readCharacterEscape(cursor: Cursor): { readonly text: string; readonly isClass: boolean } {
  const property = takePattern(cursor, /\\([pP])(?:\{(\^?)(\w+)\}|([A-Z]))/y)
  if (property !== undefined) return { text: propertyClass(property), isClass: true }
  const code = takePattern(cursor, /\\(?:x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]+)\}|(0[0-7]{0,2}|[1-7][0-7]{1,2}))/y)
  if (code !== undefined) return { text: codePoint(code), isClass: false }
  const letter = cursor.pattern[cursor.index + 1] ?? ''
  cursor.index += 2
  const members = CLASSES.get(letter.toLowerCase())
  if (members !== undefined) return { text: CLASSES.has(letter) ? `[${members}]` : `[^${members}]`, isClass: true }
  const control = CONTROLS.get(letter)
  if (control !== undefined) return { text: control, isClass: false }
  if (letter === '') throw new PatternError('invalid regexp pattern: trailing backslash at end of expression')
  if (/[A-Za-z0-9]/.test(letter)) throw new PatternError(`invalid regexp pattern: invalid escape sequence in \\${letter}`)
  return { text: literal(letter), isClass: false }
}

function propertyClass([, letter, negated, long, short]: RegExpExecArray): string {
  const name = long ?? short ?? ''
  // two letters at most are a general category; all longer names are scripts
  const property = name.length <= 2 || name === 'Any' ? name : `Script=${name}`
  const isNegated = (letter === 'P') !== (negated === '^')
  return `\\${isNegated ? 'P' : 'p'}{${property}}`
}

function codePoint([, short, long, octal]: RegExpExecArray): string {
  const point = octal === undefined ? parseInt(short ?? long ?? '', 16) : parseInt(octal, 8)
  if (point > 0x10ffff) throw new PatternError('invalid regexp pattern: invalid escape sequence')
  return `\\u{${point.toString(16)}}`
}

const POSIX: ReadonlyMap<string, string> = new Map([
  ['alnum', '0-9A-Za-z'], ['alpha', 'A-Za-z'], ['ascii', '\\0-\\x7f'], ['blank', '\\t\\x20'], ['cntrl', '\\0-\\x1f\\x7f'], ['digit', '0-9'], ['graph', '\\x21-\\x7e'],
  ['lower', 'a-z'], ['print', '\\x20-\\x7e'], ['punct', '\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e'], ['space', '\\t-\\r\\x20'], ['upper', 'A-Z'], ['word', '0-9A-Za-z_'], ['xdigit', '0-9A-Fa-f'],
])

function translateClass(cursor: Cursor): string {
  const open = takePattern(cursor, /\[\^?/y)?.[0] ?? ''
  let content = ''
  for (let isFirst = true; ; isFirst = false) {
    if (cursor.index >= cursor.pattern.length) throw new PatternError('invalid regexp pattern: missing closing ]')
    if (!isFirst && takePattern(cursor, /\]/y) !== undefined) return `${open}${content}]`
    content += translateRange(cursor)
  }
}

function translateRange(cursor: Cursor): string {
  const low = translateMember(cursor)
  if (low.isClass || takePattern(cursor, /-(?!\])/y) === undefined) return low.text
  const high = translateMember(cursor)
  if (high.isClass) throw new PatternError('invalid regexp pattern: invalid character class range')
  return `${low.text}-${high.text}`
}

/** One character, or a class. Punctuation is written by its number: some of it means something in JavaScript's classes. */
function translateMember(cursor: Cursor): { readonly text: string; readonly isClass: boolean } {
  const named = takePattern(cursor, /\[:(\^?)(\w+):\]/y)
  if (named !== undefined) {
    const members = POSIX.get(named[2] ?? '')
    if (members === undefined) throw new PatternError(`invalid regexp pattern: invalid character class range in ${named[0]}`)
    return { text: `[${named[1] ?? ''}${members}]`, isClass: true }
  }
  const character = takePattern(cursor, /[^\\]/uy)?.[0]
  return character === undefined ? readCharacterEscape(cursor) : { text: literal(character), isClass: false }
}

function literal(character: string): string {
  return /^[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]$/.test(character) ? `\\x${character.charCodeAt(0).toString(16)}` : character
}

function takePattern(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.index
  const match = pattern.exec(cursor.pattern)
  if (match === null) return undefined
  cursor.index = pattern.lastIndex
  return match
}
