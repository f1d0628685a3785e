import { FunctionError } from '../../evaluate/scope.ts'
import { bool } from '../../values/value.ts'
import { defineFunction, text, textOf, type Functions } from '../define.ts'

export const SEMVER: Functions = [['semvercmp', defineFunction([text('version'), text('constraint')], (version, constraint) => bool(satisfies(parseVersion(textOf(version)), textOf(constraint))))]]

interface Version {
  readonly parts: readonly [major: number, minor: number, patch: number]
  readonly prerelease: readonly string[]
}

const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

/** Minor and patch may be missing. */
function parseVersion(written: string): Version {
  const match = VERSION.exec(written)
  if (match === null) throw new FunctionError(`invalid semantic version ${JSON.stringify(written)}`, 0)
  return { parts: [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)], prerelease: match[4]?.split('.') ?? [] }
}

/** Alternatives by `||`, each a row of conditions by commas or spaces; `1.2 - 2.3` is a range. */
function satisfies(version: Version, constraint: string): boolean {
  return constraint
    .split('||')
    .map((alternative) => parseConditions(alternative, constraint))
    .some((conditions) => conditions.every((condition) => isMet(condition, version)))
}

interface Condition {
  readonly operator: string
  readonly bound: Version
  /** How many of the parts are written as numbers. */
  readonly given: number
}

const CONDITION = /^(=>|=<|>=|<=|!=|~>|[=<>~^])?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?(?=[\s,]|$)/

function parseConditions(alternative: string, whole: string): readonly Condition[] {
  let rest = alternative.trim().replace(/^(\S+)\s+-\s+(\S+)$/, '>=$1 <=$2')
  const conditions: Condition[] = []
  while (rest !== '' || conditions.length === 0) {
    const match = CONDITION.exec(rest)
    if (match === null) throw new FunctionError(`improper constraint: ${JSON.stringify(whole)}`, 1)
    conditions.push(toCondition(match))
    rest = rest.slice(match[0].length).replace(/^[\s,]+/, '')
  }
  return conditions
}

function toCondition([, operator = '=', ...parts]: RegExpExecArray): Condition {
  const numbers = parts.slice(0, 3).map((part) => (/^\d+$/.test(part) ? Number(part) : undefined))
  const firstMissing = numbers.indexOf(undefined)
  const given = firstMissing === -1 ? 3 : firstMissing
  const [major = 0, minor = 0, patch = 0] = numbers.slice(0, given)
  return { operator, bound: { parts: [major, minor, patch], prerelease: parts[3]?.split('.') ?? [] }, given }
}

function isMet({ operator, bound, given }: Condition, version: Version): boolean {
  // a version before a release is meant only by who names one
  if (version.prerelease.length > 0 && bound.prerelease.length === 0) return false
  return (OPERATORS.get(operator) ?? equals)(version, bound, given)
}

type Operator = (version: Version, bound: Version, given: number) => boolean

const isAtLeast: Operator = (version, bound) => compareVersions(version, bound) >= 0
/** After all that the bound, as far as it is written, stands for. */
const isBeyond: Operator = (version, bound, given) => (given === 3 ? compareVersions(version, bound) > 0 : compareVersions(version, after(bound, given)) >= 0)
const equals: Operator = (version, bound, given) => isAtLeast(version, bound, given) && !isBeyond(version, bound, given)
const isBefore = (version: Version, limit: Version): boolean => compareVersions(version, limit) < 0

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['=', equals],
  ['!=', (...given) => !equals(...given)],
  ['>', isBeyond],
  ['<', (...given) => !isAtLeast(...given)],
  ['>=', isAtLeast],
  ['=>', isAtLeast],
  ['<=', (...given) => !isBeyond(...given)],
  ['=<', (...given) => !isBeyond(...given)],
  ['~', (version, bound, given) => isAtLeast(version, bound, given) && isBefore(version, after(bound, Math.min(given, 2)))],
  ['~>', (version, bound, given) => isAtLeast(version, bound, given) && isBefore(version, after(bound, Math.min(given, 2)))],
  ['^', (version, bound, given) => isAtLeast(version, bound, given) && isBefore(version, after(bound, caretPart(bound, given)))],
])

/** The first version after all that begin with the first `count` parts. */
function after({ parts }: Version, count: number): Version {
  if (count === 0) return { parts: [Infinity, 0, 0], prerelease: [] }
  const [major, minor, patch] = parts.map((part, index) => (index < count - 1 ? part : index === count - 1 ? part + 1 : 0))
  return { parts: [major ?? 0, minor ?? 0, patch ?? 0], prerelease: [] }
}

/** What `^` lets change is all after the first part that is not 0. */
function caretPart({ parts }: Version, given: number): number {
  const first = parts.slice(0, given).findIndex((part) => part > 0)
  return first === -1 ? given : first + 1
}

function compareVersions(a: Version, b: Version): number {
  const difference = a.parts.map((part, index) => part - (b.parts[index] ?? 0)).find((part) => part !== 0)
  return difference ?? comparePrereleases(a.prerelease, b.prerelease)
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0)
  const at = a.findIndex((part, index) => part !== b[index])
  if (at === -1) return a.length - b.length
  const [left = '', right] = [a[at], b[at]]
  if (right === undefined) return 1
  const areNumbers = [left, right].map((part) => /^\d+$/.test(part))
  if (areNumbers[0] === true && areNumbers[1] === true) return Number(left) - Number(right)
  if (areNumbers[0] !== areNumbers[1]) return areNumbers[0] === true ? -1 : 1
  return left < right ? -1 : 1
}
