import { rangeBetween } from '../sourceRange.ts'
import type { ConditionalExpression, Expression } from '../syntax/expression.ts'
import { unify } from '../values/conversion.ts'
import { ConversionError } from '../values/conversionError.ts'
import { convert } from '../values/convert.ts'
import { ANY, BOOL, friendlyName, type Type } from '../values/type.ts'
import { typeOf, type Value } from '../values/value.ts'
import type { Evaluation } from './evaluation.ts'

/** Both results are evaluated, for their types: they become of one. Mistakes count only in the one that is taken. */
export function evaluateConditional(expression: ConditionalExpression, evaluation: Evaluation): Value | undefined {
  const whenTrue = evaluation.attempt(expression.whenTrue)
  const whenFalse = evaluation.attempt(expression.whenFalse)
  const type = whenTrue.value === undefined || whenFalse.value === undefined ? ANY : unify([typeOf(whenTrue.value), typeOf(whenFalse.value)], 'unsafe')
  if (type === undefined) {
    const [trueType, falseType] = [whenTrue, whenFalse].map(({ value }) => describeType(value))
    return void evaluation.fail('Inconsistent conditional result types', `The results for true and false must be of one type; here, they are ${trueType} and ${falseType}.`, rangeBetween(expression.whenTrue.range, expression.whenFalse.range))
  }
  const condition = evaluateCondition(expression.condition, evaluation)
  if (condition === undefined) return undefined
  const [taken, at] = condition ? [whenTrue, expression.whenTrue] : [whenFalse, expression.whenFalse]
  evaluation.tell(taken.diagnostics)
  return taken.value === undefined ? undefined : convertResult(taken.value, type, { evaluation, at })
}

function evaluateCondition(expression: Expression, evaluation: Evaluation): boolean | undefined {
  const value = evaluation.evaluate(expression)
  if (value === undefined) return undefined
  if (value.kind === 'null') return void evaluation.fail('Null condition', 'The condition is null; it must be true or false.', expression.range)
  try {
    const condition = convert(value, BOOL)
    return condition.kind === 'bool' ? condition.value : undefined
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return void evaluation.fail('Incorrect condition type', `The condition must be a bool, not ${describeType(value)}.`, expression.range)
  }
}

function convertResult(value: Value, type: Type, { evaluation, at }: { readonly evaluation: Evaluation; readonly at: Expression }): Value | undefined {
  try {
    return convert(value, type)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return void evaluation.fail('Inconsistent conditional result types', `The result has the wrong type: ${error.message}.`, at.range)
  }
}

function describeType(value: Value | undefined): string {
  if (value === undefined) return 'unknown'
  const name = friendlyName(typeOf(value))
  return value.kind === 'object' ? `${name} with ${[...value.entries.keys()].join(', ') || 'no attributes'}` : name
}
