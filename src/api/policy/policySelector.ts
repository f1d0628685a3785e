import type { RE2JS } from 're2js'
import { InvalidValueError } from '../../ground/errors.ts'
import { AttrMatch, MatchType, type AttrConstraint, type Selector } from '../gen/sourcepolicy_pb.ts'
import type { WrittenSource } from './writtenSource.ts'

/** Which sources a rule is about. */
export interface CompiledSelector {
  matches(source: WrittenSource): boolean
  /** What `template` comes to for an identifier that matches: `${1}` is what the first wildcard, or group, stands for. */
  format(identifier: string, template: string): string
}

/**
 * Patterns are Go's, as BuildKit has them, and come from a client: RE2's engine reads the same ones, and takes time
 * linear in the text, whatever the pattern.
 * @throws InvalidValueError for a pattern that is none
 */
export async function compileSelector({ identifier, matchType, constraints }: Selector, place: string): Promise<CompiledSelector> {
  const areMet = await Promise.all(constraints.map((constraint) => compileConstraint(constraint, place)))
  const meets = ({ attributes }: WrittenSource): boolean => areMet.every((isMet) => isMet(attributes))
  const isSame = (source: WrittenSource): boolean => source.identifier === identifier
  switch (matchType) {
    case MatchType.EXACT:
      return { matches: (source) => meets(source) && isSame(source), format: (_identifier, template) => template }
    case MatchType.WILDCARD: {
      const pattern = await compilePattern(wildcardPattern(identifier, place), place)
      return { matches: (source) => meets(source) && (isSame(source) || pattern.matcher(source.identifier).find()), format: (text, template) => replaceMatches(pattern, text, template) }
    }
    case MatchType.REGEX: {
      const pattern = await compilePattern(identifier, place)
      return { matches: (source) => meets(source) && (isSame(source) || pattern.matcher(source.identifier).find()), format: (text, template) => replaceMatches(pattern, text, template) }
    }
    default:
      throw new InvalidValueError(`${place} of the source policy has an unknown match type: ${String(matchType)}`)
  }
}

/** `*` stands for anything. */
function wildcardPattern(wildcard: string, place: string): string {
  if (wildcard.includes('**')) throw new InvalidValueError(`${place} of the source policy has an invalid wildcard: ${JSON.stringify(wildcard)}`, { hint: 'one * stands for any text' })
  return `^${wildcard.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '(.*)')}$`
}

async function compilePattern(pattern: string, place: string): Promise<RE2JS> {
  const { RE2JS } = await import('re2js')
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new InvalidValueError(`${place} of the source policy has an invalid pattern: ${JSON.stringify(pattern)}`, { cause: error })
  }
}

/** An attribute that is not there is ''. */
type IsMet = (attributes: ReadonlyMap<string, string>) => boolean

async function compileConstraint({ key, value, condition }: AttrConstraint, place: string): Promise<IsMet> {
  const valueOf = (attributes: ReadonlyMap<string, string>): string => attributes.get(key) ?? ''
  switch (condition) {
    case AttrMatch.EQUAL:
      return (attributes) => valueOf(attributes) === value
    case AttrMatch.NOTEQUAL:
      return (attributes) => valueOf(attributes) !== value
    case AttrMatch.MATCHES: {
      const pattern = await compilePattern(value, place)
      return (attributes) => pattern.matcher(valueOf(attributes)).find()
    }
    default:
      throw new InvalidValueError(`${place} of the source policy has an unknown condition: ${String(condition)}`)
  }
}

/** As Go's `Regexp.ReplaceAllString`. */
function replaceMatches(pattern: RE2JS, text: string, template: string): string {
  const matcher = pattern.matcher(text)
  const names = Object.entries(pattern.namedGroups())
  let replaced = ''
  let position = 0
  while (matcher.find()) {
    const groupOf = (name: string): string => {
      const index = /^\d+$/.test(name) ? Number(name) : names.find(([known]) => known === name)?.[1]
      return index === undefined || index > matcher.groupCount() ? '' : (matcher.group(index) ?? '')
    }
    replaced += text.slice(position, matcher.start()) + expand(template, groupOf)
    position = matcher.end()
  }
  return replaced + text.slice(position)
}

/** As Go's `Regexp.Expand`: `$name` takes all that can be of a name. */
function expand(template: string, groupOf: (name: string) => string): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (written, plain: string | undefined, braced: string | undefined) => {
    const name = plain ?? braced
    return name === undefined ? written.slice(1) : groupOf(name)
  })
}
