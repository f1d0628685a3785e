import { isInfinite, type BigFloat } from '../../values/bigFloat.ts'
import { exactDecimal, formatDecimal, roundDecimal, shortestDecimal, type Decimal } from '../../values/formatNumber.ts'

/** As Go's verbs e, E, f, g and G. @param precision undefined is 6, and for g and G as many digits as are needed */
export function formatFloat(number: BigFloat, letter: string, precision: number | undefined): string {
  if (isInfinite(number)) return number.mantissa > 0n ? '+Inf' : '-Inf'
  const sign = number.mantissa < 0n ? '-' : ''
  switch (letter) {
    case 'e':
    case 'E':
      return sign + formatExponent(roundDecimal(exactDecimal(number), (precision ?? 6) + 1), letter, precision ?? 6)
    case 'f':
      return sign + formatFixed(number, precision ?? 6)
    default:
      return sign + formatGeneral(number, letter, precision)
  }
}

function formatFixed(number: BigFloat, places: number): string {
  const exact = exactDecimal(number)
  const [whole = '0', fraction = ''] = formatDecimal(roundDecimal(exact, exact.point + places)).split('.')
  return places === 0 ? whole : `${whole}.${fraction.padEnd(places, '0')}`
}

function formatExponent({ digits, point }: Decimal, letter: string, places: number): string {
  const exponent = digits === '' ? 0 : point - 1
  const padded = digits.padEnd(places + 1, '0')
  const magnitude = String(Math.abs(exponent)).padStart(2, '0')
  return `${padded.slice(0, 1)}${places === 0 ? '' : `.${padded.slice(1)}`}${letter}${exponent < 0 ? '-' : '+'}${magnitude}`
}

/** Small and large ones with an exponent, all else without. */
function formatGeneral(number: BigFloat, letter: string, precision: number | undefined): string {
  const decimal = precision === undefined ? shortestDecimal(number) : roundDecimal(exactDecimal(number), Math.max(1, precision))
  const { digits, point } = decimal
  const limit = precision === undefined ? 6 : precision > digits.length && digits.length >= point ? digits.length : Math.max(1, precision)
  const exponent = digits === '' ? 0 : point - 1
  if (exponent < -4 || exponent >= limit) return formatExponent(decimal, letter === 'G' ? 'E' : 'e', Math.max(0, digits.length - 1))
  return formatDecimal(decimal)
}
