import { FunctionError } from '../../evaluate/scope.ts'
import { add, compare, divide, fromDouble, fromInteger, isInfinite, isInteger, modulo, multiply, negate, toInteger, ZERO, type BigFloat } from '../../values/bigFloat.ts'
import { formatNumber } from '../../values/formatNumber.ts'
import { friendlyName } from '../../values/type.ts'
import { integer, number, typeOf, type Value } from '../../values/value.ts'
import { anything, defineFunction, defineVariadic, numberOf, numeric, wholeOf, type Functions } from '../define.ts'

export const ARITHMETIC: Functions = [
  ['absolute', defineFunction([numeric('num')], (num) => number(compare(numberOf(num), ZERO) < 0 ? negate(numberOf(num)) : numberOf(num)))],
  ['add', calculation(add, 'opposite infinities have no sum')],
  ['subtract', calculation((a, b) => add(a, negate(b)), 'equal infinities have no difference')],
  ['multiply', calculation(multiply, 'zero times infinity has no result')],
  ['divide', calculation(divide, "can't divide zero by zero or infinity by infinity")],
  ['modulo', calculation(modulo, "can't use modulo with an infinity")],
  ['negate', defineFunction([numeric('num')], (num) => number(negate(numberOf(num))))],
  ['ceil', defineFunction([numeric('num')], (num) => roundTo(numberOf(num), 1n))],
  ['floor', defineFunction([numeric('num')], (num) => roundTo(numberOf(num), -1n))],
  ['int', defineFunction([numeric('num')], (num) => truncate(numberOf(num)))],
  ['log', defineFunction([numeric('num'), numeric('base')], (num, base) => double(Math.log(doubleOf(num)) / Math.log(doubleOf(base))))],
  ['pow', defineFunction([numeric('num'), numeric('power')], (num, power) => double(Math.pow(doubleOf(num), doubleOf(power))))],
  ['signum', defineFunction([numeric('num')], (num) => integer(Math.sign(wholeOf(num))))],
  ['max', extreme((order) => order > 0)],
  ['min', extreme((order) => order < 0)],
  ['parseint', defineFunction([anything('number'), numeric('base')], parseInteger)],
]

function calculation(calculate: (a: BigFloat, b: BigFloat) => BigFloat | undefined, impossible: string): ReturnType<typeof defineFunction> {
  return defineFunction([numeric('a'), numeric('b')], (a, b) => {
    const result = calculate(numberOf(a), numberOf(b))
    if (result === undefined) throw new FunctionError(impossible)
    return number(result)
  })
}

function roundTo(value: BigFloat, direction: 1n | -1n): Value {
  if (isInfinite(value) || isInteger(value)) return number(value)
  const isTowardsZero = value.mantissa < 0n === direction > 0n
  return integer(isTowardsZero ? toInteger(value) : toInteger(value) + direction)
}

function truncate(value: BigFloat): Value {
  if (isInfinite(value)) throw new FunctionError("can't truncate infinity to an integer")
  return isInteger(value) ? number(value) : number(fromInteger(toInteger(value)))
}

function doubleOf(value: Value | undefined): number {
  const finite = numberOf(value)
  return isInfinite(finite) ? Number(finite.mantissa) * Infinity : Number(formatNumber(finite))
}

function double(value: number): Value {
  if (Number.isNaN(value)) throw new FunctionError('there is no such number')
  return number(fromDouble(value))
}

function extreme(isBetter: (order: number) => boolean): ReturnType<typeof defineVariadic> {
  return defineVariadic([], numeric('numbers'), (_, numbers) => {
    const [first, ...others] = numbers
    if (first === undefined) throw new FunctionError('must pass at least one number')
    return others.reduce((best, candidate) => (isBetter(compare(numberOf(candidate), numberOf(best))) ? candidate : best), first)
  })
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

function parseInteger(value: Value, baseValue: Value): Value {
  if (value.kind !== 'string') throw new FunctionError(`first argument must be a string, not ${friendlyName(typeOf(value))}`, 0)
  const written = value.value
  const base = wholeOf(baseValue, 1)
  if (base < 2 || base > 62) throw new FunctionError('base must be a whole number between 2 and 62 inclusive', 1)
  const [, sign = '', digits = ''] = /^([+-]?)([0-9A-Za-z]+)$/.exec(written) ?? []
  // up to base 36, letter case means nothing
  const values = (base <= 36 ? digits.toLowerCase() : digits).split('').map((digit) => DIGITS.indexOf(digit))
  if (values.length === 0 || values.some((digit) => digit >= base)) throw new FunctionError(`cannot parse ${JSON.stringify(written)} as a base ${base} integer`, 0)
  const magnitude = values.reduce((sum, digit) => sum * BigInt(base) + BigInt(digit), 0n)
  return integer(sign === '-' ? -magnitude : magnitude)
}
