/**
 * Numbers of bake files: binary floating point of up to 512 bits, as the numbers of HCL are (Go's `big.Float`), so that
 * sums and quotients have the digits that Docker prints. A number is `mantissa × 2^exponent`; the mantissa is odd or 0.
 * An infinity has the exponent Infinity and the mantissa 1 or -1.
 */
export interface BigFloat {
  readonly mantissa: bigint
  readonly exponent: number
  /** Bits that results of calculations with it are rounded to at least. */
  readonly precisionBits: number
}

/** Of everything that is written in a file. */
export const FULL_PRECISION_BITS = 512
const INTEGER_PRECISION_BITS = 64
const DOUBLE_PRECISION_BITS = 53
/** Beyond this no build needs a number, and working one out would take memory. */
const MAX_DECIMAL_EXPONENT = 10_000

export const ZERO = fromInteger(0n)
export const POSITIVE_INFINITY: BigFloat = { mantissa: 1n, exponent: Infinity, precisionBits: FULL_PRECISION_BITS }
export const NEGATIVE_INFINITY: BigFloat = { mantissa: -1n, exponent: Infinity, precisionBits: FULL_PRECISION_BITS }

export function fromInteger(value: bigint | number): BigFloat {
  const whole = BigInt(value)
  return round(whole, 0, Math.max(INTEGER_PRECISION_BITS, bitLength(whole)))
}

/** @param value not NaN */
export function fromDouble(value: number): BigFloat {
  if (!Number.isFinite(value)) return value > 0 ? POSITIVE_INFINITY : NEGATIVE_INFINITY
  let exponent = 0
  let scaled = value
  // 2^-1074 is the smallest double; each doubling is exact
  while (!Number.isInteger(scaled)) {
    scaled *= 2
    exponent--
  }
  return round(BigInt(scaled), exponent, DOUBLE_PRECISION_BITS)
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/** Undefined unless `text` is a decimal number, such as `-12.5e3`, or its exponent is out of all bounds. */
export function parseBigFloat(text: string): BigFloat | undefined {
  const [, sign, whole = '', fraction = '', power = '0'] = DECIMAL.exec(text) ?? []
  const digitCount = whole.length + fraction.length
  const exponent = Number(power) - fraction.length
  if (digitCount === 0 || digitCount > MAX_DECIMAL_EXPONENT || Math.abs(exponent) > MAX_DECIMAL_EXPONENT) return undefined
  const digits = BigInt(whole + fraction)
  const signed = sign === '-' ? -digits : digits
  if (exponent >= 0) return round(signed * 10n ** BigInt(exponent), 0, FULL_PRECISION_BITS)
  return quotient(signed, 10n ** BigInt(-exponent), 0, FULL_PRECISION_BITS)
}

export function isInfinite({ exponent }: BigFloat): boolean {
  return exponent === Infinity
}

export function isInteger(number: BigFloat): boolean {
  return number.exponent >= 0 && !isInfinite(number)
}

/** The whole part, cut towards zero. @param number finite */
export function toInteger({ mantissa, exponent }: BigFloat): bigint {
  if (exponent >= 0) return mantissa << BigInt(exponent)
  const magnitude = absolute(mantissa) >> BigInt(-exponent)
  return mantissa < 0n ? -magnitude : magnitude
}

export function negate(number: BigFloat): BigFloat {
  return { ...number, mantissa: -number.mantissa }
}

/** Undefined for infinities that cancel each other. */
export function add(a: BigFloat, b: BigFloat): BigFloat | undefined {
  if (isInfinite(a) || isInfinite(b)) return addInfinite(a, b)
  const exponent = Math.min(a.exponent, b.exponent)
  const sum = (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent))
  return round(sum, exponent, Math.max(a.precisionBits, b.precisionBits))
}

function addInfinite(a: BigFloat, b: BigFloat): BigFloat | undefined {
  if (isInfinite(a) && isInfinite(b) && a.mantissa !== b.mantissa) return undefined
  return isInfinite(a) ? a : b
}

/** Keeps the bits that the product needs. Undefined for zero times infinity. */
export function multiply(a: BigFloat, b: BigFloat): BigFloat | undefined {
  if (isInfinite(a) || isInfinite(b)) return infinityOf(a.mantissa * b.mantissa)
  const product = round(a.mantissa * b.mantissa, a.exponent + b.exponent, FULL_PRECISION_BITS)
  return { ...product, precisionBits: Math.max(a.precisionBits, b.precisionBits, bitLength(product.mantissa)) }
}

/** Undefined for zero by zero and infinity by infinity; by zero else is infinite. */
export function divide(a: BigFloat, b: BigFloat): BigFloat | undefined {
  if (isInfinite(a)) return isInfinite(b) ? undefined : infinityOf(a.mantissa * (b.mantissa < 0n ? -1n : 1n))
  if (isInfinite(b)) return ZERO
  if (b.mantissa === 0n) return infinityOf(a.mantissa)
  return quotient(a.mantissa, b.mantissa, a.exponent - b.exponent, Math.max(a.precisionBits, b.precisionBits))
}

/** What is left of `a` by whole multiples of `b`, with the sign of `a`; by zero it is all of `a`, as HCL has it. Undefined for an infinity. */
export function modulo(a: BigFloat, b: BigFloat): BigFloat | undefined {
  if (isInfinite(a)) return undefined
  if (isInfinite(b) || b.mantissa === 0n) return a
  const exponent = Math.min(a.exponent, b.exponent)
  const rest = (a.mantissa << BigInt(a.exponent - exponent)) % (b.mantissa << BigInt(b.exponent - exponent))
  return round(rest, exponent, Math.max(a.precisionBits, b.precisionBits))
}

export function compare(a: BigFloat, b: BigFloat): number {
  if (isInfinite(a) || isInfinite(b)) {
    const rank = (number: BigFloat): number => (isInfinite(number) ? Number(number.mantissa) : 0)
    return rank(a) - rank(b)
  }
  const exponent = Math.min(a.exponent, b.exponent)
  const difference = (a.mantissa << BigInt(a.exponent - exponent)) - (b.mantissa << BigInt(b.exponent - exponent))
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

function infinityOf(sign: bigint): BigFloat | undefined {
  if (sign === 0n) return undefined
  return sign > 0n ? POSITIVE_INFINITY : NEGATIVE_INFINITY
}

/** To the nearest, and of two that are as near to the even one. */
function round(mantissa: bigint, exponent: number, precisionBits: number): BigFloat {
  const magnitude = absolute(mantissa)
  const surplus = bitLength(magnitude) - precisionBits
  if (surplus <= 0) return normalize(mantissa, exponent, precisionBits)
  const shift = BigInt(surplus)
  const rest = magnitude & ((1n << shift) - 1n)
  const half = 1n << (shift - 1n)
  const cut = magnitude >> shift
  const up = rest > half || (rest === half && (cut & 1n) === 1n)
  const rounded = up ? cut + 1n : cut
  return normalize(mantissa < 0n ? -rounded : rounded, exponent + surplus, precisionBits)
}

function quotient(dividend: bigint, divisor: bigint, exponent: number, precisionBits: number): BigFloat {
  const numerator = absolute(dividend)
  const denominator = absolute(divisor)
  const shift = Math.max(0, precisionBits + 2 - (bitLength(numerator) - bitLength(denominator)))
  const shifted = numerator << BigInt(shift)
  // one bit more says whether something was left: rounding needs no more of it
  const whole = ((shifted / denominator) << 1n) | (shifted % denominator === 0n ? 0n : 1n)
  return round(dividend < 0n === divisor < 0n ? whole : -whole, exponent - shift - 1, precisionBits)
}

function normalize(mantissa: bigint, exponent: number, precisionBits: number): BigFloat {
  if (mantissa === 0n) return { mantissa, exponent: 0, precisionBits }
  const text = mantissa.toString(2)
  const zeros = text.length - 1 - text.lastIndexOf('1')
  return { mantissa: mantissa >> BigInt(zeros), exponent: exponent + zeros, precisionBits }
}

export function bitLength(value: bigint): number {
  return value === 0n ? 0 : absolute(value).toString(2).length
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}
