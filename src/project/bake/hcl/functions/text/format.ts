import { FunctionError } from '../../evaluate/scope.ts'
import { STRING } from '../../values/type.ts'
import { list, string, type Value } from '../../values/value.ts'
import { anything, defineVariadic, orNull, text, textOf, type Functions } from '../define.ts'
import { formatVerb, type Verb } from './formatVerb.ts'

export const FORMATS: Functions = [
  ['format', defineVariadic([text('format')], orNull(anything('args')), ([format], values) => string(formatText(textOf(format), values)))],
  ['formatlist', defineVariadic([text('format')], orNull(anything('args')), ([format], values) => formatList(textOf(format), values))],
]

/** `%`, flags, width, precision, the number of the argument, and the verb; `%%` is one too. */
const SEQUENCE = /%(?:([ +#0-]*)(\d+)?(?:\.(\d+))?(?:\[(\d+)\])?(.)|$)/gsu

function formatText(format: string, values: readonly Value[]): string {
  let next = 1
  let highest = 0
  const result = format.replaceAll(SEQUENCE, (raw: string, flags: string | undefined, ...rest: readonly (string | number | undefined)[]) => {
    const [width, precision, position, letter] = rest.slice(0, 4).map((part) => (part === undefined ? undefined : String(part)))
    const offset = Number(rest[4])
    if (raw === '%%') return '%'
    if (flags === undefined || letter === undefined || letter === '%') throw new FunctionError(`unrecognized format sequence ${JSON.stringify(raw)} at ${offset}`, 0)
    const argumentNumber = position === undefined ? next : Number(position)
    next = argumentNumber + 1
    highest = Math.max(highest, argumentNumber)
    const value = values[argumentNumber - 1]
    if (value === undefined) throw new FunctionError(`not enough arguments for ${JSON.stringify(raw)} at ${offset}: need index ${argumentNumber} but have ${values.length} total`, 0)
    const verb: Verb = { raw, offset, letter, flags: new Set(flags), width: numberOr(width), precision: numberOr(precision) }
    return formatVerb(verb, value)
  })
  checkSurplus(highest, values)
  return result
}

function numberOr(digits: string | undefined): number | undefined {
  if (digits === undefined) return undefined
  if (digits.length > 4) throw new FunctionError('widths and precisions have four digits at most', 0)
  return Number(digits)
}

function checkSurplus(used: number, values: readonly Value[]): void {
  if (used >= values.length) return
  if (used === 0) throw new FunctionError('too many arguments; no verbs in format string', 1)
  throw new FunctionError(`too many arguments; only ${used} used by format string`, used + 1)
}

/** Once for each element of the lists, which are of one length; what is no list is the same every time. */
function formatList(format: string, values: readonly Value[]): Value {
  const lists = values.map((value) => ('elements' in value ? value.elements : undefined))
  const chooser = lists.findIndex((elements) => elements !== undefined)
  const count = lists[chooser]?.length ?? 1
  const other = lists.findIndex((elements) => elements !== undefined && elements.length !== count)
  if (other !== -1) {
    throw new FunctionError(`argument ${other + 1} has length ${lists[other]?.length ?? 0}, which is inconsistent with argument ${chooser + 1} of length ${count}`, other + 1)
  }
  const rows = Array.from({ length: count }, (_, index) => values.map((value, position) => lists[position]?.[index] ?? value))
  return list(STRING, rows.map((row, index) => string(formatRow(format, row, index))))
}

function formatRow(format: string, row: readonly Value[], index: number): string {
  try {
    return formatText(format, row)
  } catch (error) {
    if (error instanceof FunctionError) throw new FunctionError(`error on format iteration ${index}: ${error.message}`)
    throw error
  }
}
