import { bitLength, isInfinite, toInteger, type BigFloat } from './bigFloat.ts'

/** In decimal, without exponent, with as few digits as tell it from its neighbours at its precision. */
export function formatNumber(number: BigFloat): string {
  if (isInfinite(number)) return number.mantissa > 0n ? '+Inf' : '-Inf'
  if (number.exponent >= 0 && bitLength(number.mantissa) + number.exponent <= number.precisionBits) return toInteger(number).toString()
  return (number.mantissa < 0n ? '-' : '') + formatDecimal(shortestDecimal(number))
}

/** Without exponent. */
export function formatDecimal({ digits, point }: Decimal): string {
  if (digits === '') return '0'
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return digits + '0'.repeat(point - digits.length)
  return `${digits.slice(0, point)}.${digits.slice(point)}`
}

/** All digits of a finite number's magnitude. */
export function exactDecimal({ mantissa, exponent }: BigFloat): Decimal {
  const text = scale(mantissa < 0n ? -mantissa : mantissa, exponent)
  return trimmed(text, text.length - Math.max(0, -exponent))
}

/** As few digits of a finite number's magnitude as tell it from its neighbours at its precision. */
export function shortestDecimal(number: BigFloat): Decimal {
  return number.mantissa === 0n ? { digits: '', point: 0 } : shortestDigits({ ...number, mantissa: number.mantissa < 0n ? -number.mantissa : number.mantissa })
}

/** With `count` digits at most, to the nearest, and of two as near to the even one. */
export function roundDecimal({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point }
  if (count < 0) return { digits: '', point: 0 }
  const padded = `0${digits}`
  const kept = padded.slice(0, count + 1)
  return trimmed(isNearerAbove(padded, count + 1) ? increase(kept) : kept, point + 1)
}

/** The value is `0.digits × 10^point`; zero has no digits. */
export interface Decimal {
  readonly digits: string
  readonly point: number
}

/** Goes along the exact digits until what comes after cannot tell the number from a neighbour. @param number above 0 */
function shortestDigits(number: BigFloat): Decimal {
  const shift = number.precisionBits - bitLength(number.mantissa)
  // in quarters of the last bit, so that half ways are whole numbers
  const exponent = number.exponent - shift - 2
  const mantissa = number.mantissa << BigInt(shift + 2)
  const isPowerOfTwo = number.mantissa === 1n
  const inclusive = ((number.mantissa << BigInt(shift)) & 1n) === 0n
  const [exact, lower, upper] = [mantissa, mantissa - (isPowerOfTwo ? 1n : 2n), mantissa + 2n].map((value) => scale(value, exponent))
  if (exact === undefined || lower === undefined || upper === undefined) throw new Error('three numbers have three texts')
  const length = Math.max(exact.length, lower.length, upper.length)
  const point = length - Math.max(0, -exponent)
  return trimmed(shorten({ exact: pad(exact, length), lower: pad(lower, length), upper: pad(upper, length), inclusive }), point)
}

interface Neighbourhood {
  /** Digits of the same length, and with the point at the same place. */
  readonly exact: string
  readonly lower: string
  readonly upper: string
  /** Whether the bounds themselves are still read as this number. */
  readonly inclusive: boolean
}

function shorten(neighbourhood: Neighbourhood): string {
  const { exact } = neighbourhood
  for (let index = 0; index < significantLength(exact); index++) {
    const down = mayRoundDown(neighbourhood, index)
    const up = mayRoundUp(neighbourhood, index)
    const kept = exact.slice(0, index + 1)
    if (down || up) return up && (!down || isNearerAbove(exact, index + 1)) ? increase(kept) : kept
  }
  return exact
}

function mayRoundDown({ exact, lower, inclusive }: Neighbourhood, index: number): boolean {
  return lower[index] !== exact[index] || (inclusive && index + 1 === significantLength(lower))
}

function mayRoundUp({ exact, upper, inclusive }: Neighbourhood, index: number): boolean {
  const [digit, above] = [Number(exact[index]), Number(upper[index])]
  return digit !== above && (inclusive || digit + 1 < above || index + 1 < significantLength(upper))
}

function significantLength(digits: string): number {
  return digits.replace(/0+$/, '').length
}

function isNearerAbove(exact: string, from: number): boolean {
  const rest = exact.slice(from)
  if (rest.startsWith('5') && /^50*$/.test(rest)) return Number(exact[from - 1]) % 2 === 1
  return rest !== '' && rest >= '5'
}

function increase(digits: string): string {
  return (BigInt(digits) + 1n).toString().padStart(digits.length, '0')
}

/** Without zeros around it. A carry beyond the first digit cannot be: texts are padded by what the upper neighbour needs. */
function trimmed(digits: string, point: number): Decimal {
  const zeros = /^0*/.exec(digits)?.[0].length ?? 0
  return { digits: digits.slice(zeros).replace(/0+$/, ''), point: point - zeros }
}

function pad(digits: string, length: number): string {
  return digits.padStart(length, '0')
}

/** `value × 2^exponent` as an integer, times a power of ten where the exponent is negative: 2^-n is 5^n × 10^-n. */
function scale(value: bigint, exponent: number): string {
  return (exponent >= 0 ? value << BigInt(exponent) : value * 5n ** BigInt(-exponent)).toString()
}
