import { InvalidValueError } from '../ground/errors.ts'

/** Texts as Go prints and reads them: history entries and HEALTHCHECK options are written in its ways. */

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['"', '\\"'],
  ['\\', '\\\\'],
])

/** `%q` of a string. */
export function quoteGo(text: string): string {
  const body = Array.from(text, (character) => ESCAPES.get(character) ?? (isPrintable(character) ? character : escapeCodePoint(character)))
  return `"${body.join('')}"`
}

/** `%q` of a list of strings. */
export function quoteGoList(texts: readonly string[]): string {
  return `[${texts.map(quoteGo).join(' ')}]`
}

/** `%q` of a number: the character that has it as its code point. */
export function quoteGoCharacter(code: number): string {
  const character = code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\ufffd' : String.fromCodePoint(code)
  return character === "'" ? "'\\''" : `'${character === '"' ? '"' : quoteGo(character).slice(1, -1)}'`
}

function isPrintable(character: string): boolean {
  return character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)
}

function escapeCodePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

const UNIT_NS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
])

/** `1h30m`, `1.5s`, `0`: nanoseconds. @throws InvalidValueError */
export function parseGoDuration(text: string): number {
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (body === '0') return 0
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) {
    throw new InvalidValueError(`time: invalid duration ${JSON.stringify(text)}`, { hint: 'write a number with a unit, such as 30s or 1m30s' })
  }
  const parts = [...body.matchAll(/([\d.]+)([a-zµμ]+)/g)]
  const total = parts.reduce((sum, [, number = '', unit = '']) => sum + scaleDecimal(number, UNIT_NS.get(unit) ?? 0), 0)
  return sign === '-' ? -total : total
}

/** `1.001` seconds are 1,001,000,000 ns and not one less, as a product of floating-point numbers would have it. */
function scaleDecimal(number: string, unitNs: number): number {
  const [whole = '', fraction = ''] = number.split('.')
  return Number((BigInt(whole + fraction) * BigInt(unitNs)) / 10n ** BigInt(fraction.length))
}

/** `1m30s`, `1.5s`, `100ms`, `0s`, as Go's Duration prints itself. */
export function formatGoDuration(ns: number): string {
  const unit = [...UNIT_NS].find(([name, size]) => ['ns', 'µs', 'ms'].includes(name) && ns < size * 1000)
  if (ns === 0) return '0s'
  if (unit !== undefined) return `${ns / unit[1]}${unit[0]}`
  const hours = Math.floor(ns / 3600e9)
  const minutes = Math.floor((ns % 3600e9) / 60e9)
  const seconds = `${(ns % 60e9) / 1e9}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
