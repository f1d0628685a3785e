import { FunctionError } from '../../evaluate/scope.ts'
import { objectOf, STRING, tupleOf, type Type } from '../../values/type.ts'
import { list, nullOf, object, string, tuple, type Value } from '../../values/value.ts'
import { defineFunction, text, textOf, type Functions } from '../define.ts'
import { compileRe2, PatternError } from './re2.ts'

export const PATTERNS: Functions = [
  ['regex', defineFunction([text('pattern'), text('string')], (pattern, given) => findFirst(compile(textOf(pattern), 0), textOf(given)))],
  ['regexall', defineFunction([text('pattern'), text('string')], (pattern, given) => findAll(compile(textOf(pattern), 0), textOf(given)))],
  ['regex_replace', defineFunction([text('string'), text('pattern'), text('replacement')], (given, pattern, replacement) => string(replaceAll(textOf(given), compile(textOf(pattern), 1), textOf(replacement))))],
]

interface Pattern {
  readonly regExp: RegExp
  /** Of the groups in their order; undefined for those without. */
  readonly groupNames: readonly (string | undefined)[]
}

function compile(pattern: string, argumentIndex: number): Pattern {
  try {
    const regExp = compileRe2(pattern)
    return { regExp, groupNames: groupNamesOf(regExp.source) }
  } catch (error) {
    if (error instanceof PatternError) throw new FunctionError(error.message, argumentIndex)
    throw error
  }
}

/** Of a pattern as `compileRe2` makes it: brackets hold no bare parenthesis but escaped ones. */
function groupNamesOf(source: string): readonly (string | undefined)[] {
  return [...source.matchAll(/\\[^]|\((?:\?<(\w+)>|(?!\?))/g)].filter(([whole]) => whole.startsWith('(')).map(([, name]) => name)
}

/** The whole where there are no groups; the groups as an object where they have names, else as a tuple. */
function resultType({ groupNames }: Pattern): Type {
  const names = groupNames.filter((name) => name !== undefined)
  if (groupNames.length === 0) return STRING
  if (names.length === 0) return tupleOf(groupNames.map(() => STRING))
  if (names.length < groupNames.length) throw new FunctionError('invalid regexp pattern: cannot mix both named and unnamed capture groups', 0)
  return objectOf(names.map((name) => [name, STRING]))
}

function resultOf(match: RegExpExecArray, type: Type): Value {
  const [whole, ...groups] = match
  if (type.kind === 'string') return string(whole)
  if (type.kind === 'tuple') return tuple(groups.map(groupValue))
  return object(Object.entries(match.groups ?? {}).map(([name, group]) => [name, groupValue(group)]))
}

function groupValue(group: string | undefined): Value {
  return group === undefined ? nullOf(STRING) : string(group)
}

function findFirst(pattern: Pattern, given: string): Value {
  const type = resultType(pattern)
  const match = pattern.regExp.exec(given)
  if (match === null) throw new FunctionError('pattern did not match any part of the given string')
  return resultOf(match, type)
}

function findAll(pattern: Pattern, given: string): Value {
  const type = resultType(pattern)
  return list(type, matchesOf(pattern, given).map((match) => resultOf(match, type)))
}

/** Without empty ones right after another. */
function matchesOf({ regExp }: Pattern, given: string): readonly RegExpExecArray[] {
  let end = -1
  return [...given.matchAll(regExp)].filter((match) => {
    const isNew = match[0] !== '' || match.index !== end
    end = match.index + match[0].length
    return isNew
  })
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
    result += given.slice(end, match.index) + expand(match)
    end = match.index + match[0].length
  }
  return result + given.slice(end)
}

function groupIndex({ groupNames }: Pattern, name: string): number {
  const index = groupNames.indexOf(name)
  return index === -1 ? -1 : index + 1
}
