import { FunctionError } from '../../evaluate/scope.ts'
import { isInteger, toInteger, type BigFloat } from '../../values/bigFloat.ts'
import { ConversionError } from '../../values/conversionError.ts'
import { convert } from '../../values/convert.ts'
import { formatJson } from '../../values/json.ts'
import { BOOL, NUMBER, STRING, type PrimitiveType } from '../../values/type.ts'
import { string, type Value } from '../../values/value.ts'
import { boolOf, numberOf, textOf } from '../define.ts'
import { formatFloat } from './formatFloat.ts'
import { charactersOf } from './unicodeText.ts'

/** One `%…` of a format, as Go has them. */
export interface Verb {
  readonly raw: string
  /** Where it stands in the format. */
  readonly offset: number
  readonly letter: string
  readonly flags: ReadonlySet<string>
  readonly width: number | undefined
  readonly precision: number | undefined
}

/** @throws FunctionError */
export function formatVerb(verb: Verb, value: Value): string {
  const { letter } = verb
  if (letter === 'v') return pad(verb, formatAsItIs(verb, value))
  if (value.kind === 'null') throw unsupported(verb, 'null value cannot be formatted')
  if (letter === 't') return boolOf(converted(verb, value, BOOL)) ? 'true' : 'false'
  if (letter === 's' || letter === 'q') return pad(verb, formatString(verb, textOf(converted(verb, value, STRING))))
  if (RADIX.has(letter)) return padNumber(verb, formatInteger(verb, numberOf(converted(verb, value, NUMBER))))
  if ('eEfgG'.includes(letter)) return padNumber(verb, signed(verb, formatFloat(numberOf(converted(verb, value, NUMBER)), letter, verb.precision)))
  throw new FunctionError(`unsupported format verb ${JSON.stringify(letter)} in ${JSON.stringify(verb.raw)} at offset ${verb.offset}`, 0)
}

function unsupported({ raw, offset }: Verb, reason: string): FunctionError {
  return new FunctionError(`unsupported value for ${JSON.stringify(raw)} at ${offset}: ${reason}`, 0)
}

function converted(verb: Verb, value: Value, type: PrimitiveType): Value {
  try {
    return convert(value, type)
  } catch (error) {
    if (error instanceof ConversionError) throw unsupported(verb, error.message)
    throw error
  }
}

function formatAsItIs({ flags }: Verb, value: Value): string {
  if (!flags.has('#') && value.kind === 'string') return value.value
  if (!flags.has('#') && value.kind === 'number') return formatFloat(value.value, 'g', undefined)
  return formatJson(value)
}

function formatString({ letter, precision }: Verb, text: string): string {
  const cut = precision === undefined || precision === 0 ? text : charactersOf(text).slice(0, precision).join('')
  return letter === 'q' ? formatJson(string(cut)) : cut
}

const RADIX: ReadonlyMap<string, readonly [radix: number, prefix: string]> = new Map([
  ['b', [2, '0b']],
  ['o', [8, '0']],
  ['d', [10, '']],
  ['x', [16, '0x']],
  ['X', [16, '0X']],
])

function formatInteger(verb: Verb, number: BigFloat): string {
  if (!isInteger(number)) throw unsupported(verb, 'an integer is required')
  const [radix, prefix] = RADIX.get(verb.letter) ?? [10, '']
  const whole = toInteger(number)
  const digits = (whole < 0n ? -whole : whole).toString(radix).padStart(verb.precision ?? 0, '0')
  const cased = verb.letter === 'X' ? digits.toUpperCase() : digits
  return signed(verb, (whole < 0n ? '-' : '') + (verb.flags.has('#') ? prefix : '') + cased)
}

function signed({ flags }: Verb, text: string): string {
  if (/^[+-]/.test(text)) return text
  if (flags.has('+')) return `+${text}`
  return flags.has(' ') ? ` ${text}` : text
}

function pad({ width, flags }: Verb, text: string): string {
  const missing = (width ?? 0) - charactersOf(text).length
  if (missing <= 0) return text
  const filling = (flags.has('0') ? '0' : ' ').repeat(missing)
  return flags.has('-') ? text + filling : filling + text
}

/** Zeros stand after the sign, and only where nothing else decides on the digits. */
function padNumber({ letter, width, flags, precision }: Verb, text: string): string {
  const wanted = width ?? 0
  if (flags.has('-')) return text.padEnd(wanted)
  const isFixed = RADIX.has(letter) && precision !== undefined
  if (!flags.has('0') || isFixed) return text.padStart(wanted)
  const [, sign = '', digits = ''] = /^([+ -]?)(.*)$/s.exec(text) ?? []
  return sign + digits.padStart(wanted - sign.length, '0')
}
