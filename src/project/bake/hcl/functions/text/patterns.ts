import { RE2JS, RE2JSSyntaxException } from 're2js'
import { FunctionError } from '../../evaluate/scope.ts'
import { objectOf, STRING, tupleOf, type Type } from '../../values/type.ts'
import { list, nullOf, object, string, tuple, type Value } from '../../values/value.ts'
import { defineFunction, text, textOf, type Functions } from '../define.ts'

export const PATTERNS: Functions = [
  ['regex', defineFunction([text('pattern'), text('string')], (pattern, given) => findFirst(compile(textOf(pattern), 0), textOf(given)))],
  ['regexall', defineFunction([text('pattern'), text('string')], (pattern, given) => findAll(compile(textOf(pattern), 0), textOf(given)))],
  ['regex_replace', defineFunction([text('string'), text('pattern'), text('replacement')], (given, pattern, replacement) => string(replaceAll(textOf(given), compile(textOf(pattern), 1), textOf(replacement))))],
]

interface Pattern {
  /** RE2, as in Go: the time is linear in the text, whatever the pattern. */
  readonly compiled: RE2JS
  /** Of the groups in their order; undefined for those without. */
  readonly groupNames: readonly (string | undefined)[]
}

interface Match {
  readonly start: number
  readonly end: number
  /** The whole first; undefined for a group that took no part. */
  readonly groups: readonly (string | undefined)[]
}

function compile(pattern: string, argumentIndex: number): Pattern {
  try {
    const compiled = RE2JS.compile(pattern)
    const named = new Map(Object.entries(compiled.namedGroups()).map(([name, index]) => [index, name]))
    return { compiled, groupNames: Array.from({ length: compiled.groupCount() }, (_, index) => named.get(index + 1)) }
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    throw new FunctionError(`invalid regexp pattern: ${error.getDescription()} in ${error.getPattern() ?? pattern}`, argumentIndex)
  }
}

/** The whole where there are no groups; the groups as an object where they have names, else as a tuple. */
function resultType({ groupNames }: Pattern): Type {
  const names = groupNames.filter((name) => name !== undefined)
  if (groupNames.length === 0) return STRING
  if (names.length === 0) return tupleOf(groupNames.map(() => STRING))
  if (names.length < groupNames.length) throw new FunctionError('invalid regexp pattern: cannot mix both named and unnamed capture groups', 0)
  return objectOf(names.map((name) => [name, STRING]))
}

function resultOf({ groupNames }: Pattern, { groups: [whole = '', ...groups] }: Match, type: Type): Value {
  if (type.kind === 'string') return string(whole)
  if (type.kind === 'tuple') return tuple(groups.map(groupValue))
  return object(groups.map((group, index) => [groupNames[index] ?? '', groupValue(group)]))
}

function groupValue(group: string | undefined): Value {
  return group === undefined ? nullOf(STRING) : string(group)
}

function findFirst(pattern: Pattern, given: string): Value {
  const type = resultType(pattern)
  const [match] = matchesOf(pattern, given)
  if (match === undefined) throw new FunctionError('pattern did not match any part of the given string')
  return resultOf(pattern, match, type)
}

function findAll(pattern: Pattern, given: string): Value {
  const type = resultType(pattern)
  return list(type, [...matchesOf(pattern, given)].map((match) => resultOf(pattern, match, type)))
}

/** Without empty ones right after another. */
function* matchesOf({ compiled }: Pattern, given: string): Generator<Match> {
  const matcher = compiled.matcher(given)
  let last = -1
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()]
    if (start !== end || start !== last) yield { start, end, groups: Array.from({ length: compiled.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined) }
    last = end
  }
}

/** In the replacement, `$1`, `$name` and `${name}` are groups, and `$$` is a dollar. */
function replaceAll(given: string, pattern: Pattern, replacement: string): string {
  const parts = [...replacement.matchAll(/\$\$|\$(\w+)|\$\{(\w+)\}|[^$]+|\$/g)]
  const expand = (groups: readonly (string | undefined)[]): string => parts.map(([whole, bare, braced]) => {
    const name = bare ?? braced
    if (name === undefined) return whole === '$$' ? '$' : whole
    return groups[/^\d+$/.test(name) ? Number(name) : groupIndex(pattern, name)] ?? ''
  }).join('')
  let end = 0
  let result = ''
  for (const match of matchesOf(pattern, given)) {
    result += given.slice(end, match.start) + expand(match.groups)
    end = match.end
  }
  return result + given.slice(end)
}

function groupIndex({ groupNames }: Pattern, name: string): number {
  const index = groupNames.indexOf(name)
  return index === -1 ? -1 : index + 1
}
