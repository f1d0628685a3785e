import { keywordOf, type Expression, type ObjectExpression } from '../syntax/expression.ts'
import { toText } from '../values/convert.ts'
import { friendlyName } from '../values/type.ts'
import { object, string, typeOf, type Value } from '../values/value.ts'
import type { Evaluation } from './evaluation.ts'

/** Of equal keys, the last counts. */
export function evaluateObject({ items }: ObjectExpression, evaluation: Evaluation): Value | undefined {
  const entries = items.map(({ key, value }) => [evaluateKey(key, evaluation), evaluation.evaluate(value)] as const)
  const known = entries.flatMap(([key, value]) => (key === undefined || value === undefined ? [] : [[key, value] as const]))
  return known.length === entries.length ? object(known) : undefined
}

function evaluateKey(expression: Expression, evaluation: Evaluation): string | undefined {
  const name = keywordOf(expression)
  if (name !== undefined) return name
  if (expression.kind === 'traversal' && expression.source.kind === 'variable') {
    return void evaluation.fail('Ambiguous attribute key', 'Put a reference in parentheses; put a name with dots in quotes.', expression.range)
  }
  return asKey(evaluation.evaluate(expression), expression, evaluation)
}

/** The text that a key is; the composed form of Unicode, as all texts. */
export function asKey(value: Value | undefined, { range }: Expression, evaluation: Evaluation): string | undefined {
  if (value === undefined) return undefined
  if (value.kind === 'null') return void evaluation.fail('Null value as key', 'A null cannot be a key.', range)
  const text = toText(value)
  if (text === undefined) return void evaluation.fail('Incorrect key type', `A key is a string, not ${friendlyName(typeOf(value))}.`, range)
  return string(text).value
}
