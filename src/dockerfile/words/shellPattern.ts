import { InvalidValueError } from '../../ground/errors.ts'
import { escapeRegExp } from '../../ground/pathMatch.ts'

/**
 * Patterns of `${v#p}`, `${v%p}` and `${v/p/r}`: `*` is any text, `?` any character, `\` takes `*`, `?` or itself
 * literally. There are no brackets.
 */
export type Extent = 'shortest' | 'longest'

/** @throws InvalidValueError on a malformed pattern */
export function trimPrefix(value: string, pattern: string, extent: Extent): string {
  return value.replace(new RegExp(`^${toSource(pattern, extent)}`, 'u'), '')
}

/** @throws InvalidValueError on a malformed pattern */
export function trimSuffix(value: string, pattern: string, extent: Extent): string {
  const kept = extent === 'shortest' ? '([^]*)' : '([^]*?)' // what is kept decides what is left for the pattern
  return new RegExp(`^${kept}${toSource(pattern, 'longest')}$`, 'u').exec(value)?.[1] ?? value
}

/** The longest match from the left is replaced, or every one. @throws InvalidValueError on a malformed pattern */
export function replacePattern(value: string, pattern: string, replacement: string, isGlobal: boolean): string {
  let lastEnd = -1
  return value.replace(new RegExp(toSource(pattern, 'longest'), isGlobal ? 'gu' : 'u'), (match: string, offset: number) => {
    if (match === '' && offset === lastEnd) return '' // nothing, right behind a match, is not one more match
    lastEnd = offset + match.length
    return replacement
  })
}

function toSource(pattern: string, extent: Extent): string {
  const star = extent === 'longest' ? '[^\\n]*' : '[^\\n]*?'
  let source = ''
  for (const [term] of pattern.matchAll(/\\[^]?|\*+|[^]/gu)) {
    if (term.startsWith('*')) source += star
    else if (term === '?') source += '[^\\n]'
    else source += escapeRegExp(term.startsWith('\\') ? readEscaped(term.slice(1), pattern) : term)
  }
  return source
}

/** `}` and `/` are escaped for the sake of the substitution around the pattern. */
function readEscaped(character: string, pattern: string): string {
  if (/^[*?\\}/]$/.test(character)) return character
  throw new InvalidValueError(`invalid pattern (${pattern}) in substitution: invalid escape '\\${character}'`)
}
