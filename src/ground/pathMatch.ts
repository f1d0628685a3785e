import { InvalidValueError } from './errors.ts'

/**
 * Go's `path/filepath.Match`, which is what a wildcard of COPY means: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` are
 * classes, `\` takes the next character for itself.
 */
export type PathMatcher = (name: string) => boolean

/** @throws InvalidValueError where a class is left open or empty, or a `\` ends the pattern. */
export function compilePathPattern(pattern: string): PathMatcher {
  const expression = new RegExp(`^${pathPatternSource(pattern)}$`, 'su')
  return (name) => expression.test(name)
}

/** The pattern as a regular expression for the flags `su`, to be a part of another. @throws InvalidValueError */
export function pathPatternSource(pattern: string): string {
  const characters = Array.from(pattern)
  let source = ''
  let at = 0
  while (at < characters.length) {
    const term = readTerm(characters, at)
    if (term === undefined) throw new InvalidValueError(`syntax error in pattern: ${JSON.stringify(pattern)}`, { hint: 'write "\\[" for a bracket that is part of a name' })
    source += term.source
    at = term.end
  }
  return source
}

/** Whether all of `name` is matched. @throws InvalidValueError on a malformed pattern, whatever the name is. */
export function matchPath(pattern: string, name: string): boolean {
  return compilePathPattern(pattern)(name)
}

/** Whether `pattern` may match a name that is not written like itself. */
export function hasWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern.replace(/\\[^]/g, ''))
}

/** A character of a regular expression that means itself there. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

interface Term {
  readonly source: string
  readonly end: number
}

function readTerm(characters: readonly string[], at: number): Term | undefined {
  const character = characters[at] ?? ''
  switch (character) {
    case '*':
      return { source: '[^/]*', end: at + 1 }
    case '?':
      return { source: '[^/]', end: at + 1 }
    case '[':
      return readClass(characters, at + 1)
    default: {
      const literal = readLiteral(characters, at)
      return literal && { source: escapeRegExp(literal.source), end: literal.end }
    }
  }
}

function readLiteral(characters: readonly string[], at: number): Term | undefined {
  const escaped = characters[at] === '\\'
  const source = characters[escaped ? at + 1 : at]
  return source === undefined ? undefined : { source, end: escaped ? at + 2 : at + 1 }
}

/** From behind the `[` to behind the `]`. */
function readClass(characters: readonly string[], start: number): Term | undefined {
  const isNegated = characters[start] === '^'
  let at = isNegated ? start + 1 : start
  let ranges = ''
  do {
    const range = readRange(characters, at)
    if (range === undefined) return undefined
    ranges += range.source
    at = range.end
  } while (characters[at] !== ']')
  if (ranges === '') return { source: isNegated ? '[^]' : '[]', end: at + 1 } // only ranges from high to low, which hold nothing
  return { source: `[${isNegated ? '^' : ''}${ranges}]`, end: at + 1 }
}

function readRange(characters: readonly string[], at: number): Term | undefined {
  const low = readClassMember(characters, at)
  if (low === undefined) return undefined
  if (characters[low.end] !== '-') return { source: escapeClassMember(low.source), end: low.end }
  const high = readClassMember(characters, low.end + 1)
  if (high === undefined) return undefined
  const isEmpty = (low.source.codePointAt(0) ?? 0) > (high.source.codePointAt(0) ?? 0)
  return { source: isEmpty ? '' : `${escapeClassMember(low.source)}-${escapeClassMember(high.source)}`, end: high.end }
}

function readClassMember(characters: readonly string[], at: number): Term | undefined {
  return characters[at] === '-' || characters[at] === ']' ? undefined : readLiteral(characters, at)
}

function escapeClassMember(character: string): string {
  return /[\\\]^[-]/.test(character) ? `\\${character}` : character
}
