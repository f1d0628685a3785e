import type { BinaryExpression, BinaryOperator, Expression, UnaryExpression } from '../syntax/expression.ts'
import { add, compare, divide, modulo, multiply, negate, type BigFloat } from '../values/bigFloat.ts'
import { ConversionError } from '../values/conversionError.ts'
import { convert } from '../values/convert.ts'
import { BOOL, NUMBER, type PrimitiveType } from '../values/type.ts'
import { valuesEqual } from '../values/valuesEqual.ts'
import { bool, number, type Value } from '../values/value.ts'
import type { Evaluation } from './evaluation.ts'

export function evaluateBinary(expression: BinaryExpression, evaluation: Evaluation): Value | undefined {
  const { operator } = expression
  if (operator === '==' || operator === '!=') return evaluateEquality(expression, evaluation)
  return operator === '&&' || operator === '||' ? evaluateLogic(expression, evaluation) : evaluateNumbers(expression, evaluation)
}

function evaluateEquality({ operator, left, right }: BinaryExpression, evaluation: Evaluation): Value | undefined {
  const [a, b] = [evaluation.evaluate(left), evaluation.evaluate(right)]
  return a === undefined || b === undefined ? undefined : bool(valuesEqual(a, b) === (operator === '=='))
}

function evaluateLogic(expression: BinaryExpression, evaluation: Evaluation): Value | undefined {
  const left = evaluateOperand(expression.left, BOOL, { evaluation, side: 'left' })
  const right = evaluateOperand(expression.right, BOOL, { evaluation, side: 'right' })
  if (left?.kind !== 'bool' || right?.kind !== 'bool') return undefined
  return bool(expression.operator === '&&' ? left.value && right.value : left.value || right.value)
}

function evaluateNumbers({ operator, left, right, range }: BinaryExpression, evaluation: Evaluation): Value | undefined {
  const a = evaluateOperand(left, NUMBER, { evaluation, side: 'left' })
  const b = evaluateOperand(right, NUMBER, { evaluation, side: 'right' })
  if (a?.kind !== 'number' || b?.kind !== 'number') return undefined
  const comparison = COMPARISONS.get(operator)
  if (comparison !== undefined) return bool(comparison(compare(a.value, b.value)))
  const result = CALCULATIONS.get(operator)?.(a.value, b.value)
  return result === undefined ? void evaluation.fail('Operation failed', `There is no result of ${operator} for these numbers.`, range) : number(result)
}

const COMPARISONS: ReadonlyMap<BinaryOperator, (order: number) => boolean> = new Map<BinaryOperator, (order: number) => boolean>([
  ['<', (order) => order < 0],
  ['<=', (order) => order <= 0],
  ['>', (order) => order > 0],
  ['>=', (order) => order >= 0],
])

const CALCULATIONS: ReadonlyMap<BinaryOperator, (left: BigFloat, right: BigFloat) => BigFloat | undefined> = new Map<BinaryOperator, (left: BigFloat, right: BigFloat) => BigFloat | undefined>([
  ['+', add],
  ['-', (left, right) => add(left, negate(right))],
  ['*', multiply],
  ['/', divide],
  ['%', modulo],
])

export function evaluateUnary({ operator, operand }: UnaryExpression, evaluation: Evaluation): Value | undefined {
  const value = evaluateOperand(operand, operator === '!' ? BOOL : NUMBER, { evaluation, side: 'unary' })
  if (value?.kind === 'bool') return bool(!value.value)
  return value?.kind === 'number' ? number(negate(value.value)) : undefined
}

interface Side {
  readonly evaluation: Evaluation
  readonly side: 'left' | 'right' | 'unary'
}

function evaluateOperand(expression: Expression, type: PrimitiveType, { evaluation, side }: Side): Value | undefined {
  const value = evaluation.evaluate(expression)
  if (value === undefined) return undefined
  if (value.kind === 'null') return void evaluation.fail('Operation failed', `The ${side} operand is null.`, expression.range)
  try {
    return convert(value, type)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return void evaluation.fail('Invalid operand', `Unsuitable value for ${side} operand: ${error.message}.`, expression.range)
  }
}
