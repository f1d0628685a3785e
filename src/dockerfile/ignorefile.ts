import { InvalidValueError } from '../ground/errors.ts'
import { pathPatternSource } from '../ground/pathMatch.ts'
import { cleanPath } from '../ground/posixPath.ts'
import { trim } from './words/whitespace.ts'

/** The patterns of a `.dockerignore`, clean: without comments, empty lines and leading slashes. */
export function parseIgnoreFile(text: string): readonly string[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => cleanLine(trim(line)))
}

function cleanLine(line: string): readonly string[] {
  if (line === '') return []
  const isException = line.startsWith('!')
  const pattern = isException ? trim(line.slice(1)) : line
  const clean = pattern === '' ? '' : cleanPath(pattern)
  return [(isException ? '!' : '') + (clean.length > 1 ? clean.replace(/^\//, '') : clean)]
}

/** Which files of a context are left out, by the rules of Docker's ignore files: the last pattern that matches a path, or a folder above it, decides. */
export interface IgnoreMatcher {
  /** For a relative path with slashes. Quickest when a folder's paths come one after another. */
  ignores(path: string): boolean
  /** Whether the folder is left out with all that may be in it: no `!` pattern can bring anything of it back. */
  ignoresWhole(folder: string): boolean
  /** The pattern by which a path is left out, as it is written; undefined where none does. */
  ignoringPattern(path: string): string | undefined
  /** Whether a pattern may match something in the folder, by the folder's path alone. */
  mayIgnoreBelow(folder: string): boolean
}

/** @throws InvalidValueError on a malformed pattern */
export function createIgnoreMatcher(patterns: readonly string[]): IgnoreMatcher {
  const rules = patterns.map(trim).filter((pattern) => pattern !== '').map(compileRule)
  const above: Decision[] = []

  const decide = (path: string): Decision => {
    while (above.length > 0 && !path.startsWith(above.at(-1)?.prefix ?? '')) above.pop()
    for (let slash = path.indexOf('/', above.at(-1)?.prefix.length ?? 0); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      above.push(decideBelow(rules, path.slice(0, slash), above.at(-1)))
    }
    return decideBelow(rules, path, above.at(-1))
  }
  return {
    ignores: (path) => isIgnored(rules, decide(path)),
    ignoresWhole(folder) {
      const decision = decide(folder)
      return isIgnored(rules, decision) && !rules.slice(decision.rule + 1).some((rule) => rule.isException && mayMatchBelow(rule, folder))
    },
    ignoringPattern(path) {
      const decision = decide(path)
      return isIgnored(rules, decision) ? rules[decision.rule]?.text : undefined
    },
    mayIgnoreBelow: (folder) => isIgnored(rules, decide(folder)) || rules.some((rule) => !rule.isException && mayMatchBelow(rule, folder)),
  }
}

/** Which rule decides on a path, by its number: -1 is none. */
interface Decision {
  /** The path with a slash. */
  readonly prefix: string
  readonly rule: number
}

/**
 * A later rule beats an earlier one, whether it matches the path or a folder above: so only later ones need a look. A
 * rule that would change nothing does not count for what is below either: `!docs` brings nothing back where `docs`
 * itself was not left out.
 */
function decideBelow(rules: readonly Rule[], path: string, parent: Decision | undefined): Decision {
  let rule = parent?.rule ?? -1
  for (let next = rule + 1; next < rules.length; next++) {
    const wouldChange = rules[next]?.isException === (rules[rule]?.isException === false)
    if (wouldChange && rules[next]?.matches(path) === true) rule = next
  }
  return { prefix: `${path}/`, rule }
}

function isIgnored(rules: readonly Rule[], { rule }: Decision): boolean {
  return rules[rule]?.isException === false
}

interface Rule {
  readonly text: string
  readonly isException: boolean
  /** One test for each path component. */
  readonly components: readonly Component[]
  matches(path: string): boolean
}

interface Component {
  /** `**`, which may stand for any number of components. */
  readonly isDeep: boolean
  matches(name: string): boolean
}

function compileRule(text: string): Rule {
  const cleaned = cleanPath(text)
  const isException = cleaned.startsWith('!')
  const pattern = isException ? cleaned.slice(1) : cleaned
  if (pattern === '') throw new InvalidValueError('illegal exclusion pattern: "!"', { hint: 'write what is to be kept behind the "!"' })
  pathPatternSource(pattern) // for its syntax: what it means is another thing, since `**` is unknown there
  return { text, isException, components: compileComponents(pattern), matches: compilePattern(pattern) }
}

function compileComponents(pattern: string): readonly Component[] {
  const isSplittable = !/\[[^\]]*\/|\\\//.test(pattern) // a slash in a class, or after an escape, ends no component
  if (!isSplittable) return [{ isDeep: true, matches: () => true }]
  return pattern.split('/').map((component) => ({ isDeep: component.includes('**'), matches: compilePattern(component) }))
}

function mayMatchBelow({ components }: Rule, folder: string): boolean {
  for (const [index, name] of folder.split('/').entries()) {
    const component = components[index]
    if (component === undefined) return false // it matches the folder or one above, and has been counted
    if (component.isDeep) return true
    if (!component.matches(name)) return false
  }
  return components.length > folder.split('/').length
}

function compilePattern(pattern: string): (path: string) => boolean {
  if (!/[*?[\]\\]/.test(pattern)) return (path) => path === pattern
  const [, suffix] = /^\*\*([^*?[\]\\]+)$/.exec(pattern) ?? []
  if (suffix !== undefined) return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1))
  const expression = new RegExp(`^${toSource(pattern)}$`, 'su')
  return (path) => expression.test(path)
}

/** `**` is any number of folders; at the end, anything. The rest is as in `path/filepath.Match`. */
function toSource(pattern: string): string {
  let source = ''
  let from = 0
  for (const { 0: term, index } of pattern.matchAll(/\[(?:\\[^]|[^\]\\])*\]|\\[^]|\*\*\/?/g)) {
    if (!term.startsWith('**')) continue // a class or an escape, in which stars are stars
    const end = index + term.length
    source += pathPatternSource(pattern.slice(from, index)) + (end === pattern.length ? '.*' : '(?:.*/)?')
    from = end
  }
  return source + pathPatternSource(pattern.slice(from))
}
