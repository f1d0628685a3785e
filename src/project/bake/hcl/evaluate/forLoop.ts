import type { ForExpression } from '../syntax/expression.ts'
import { ConversionError } from '../values/conversionError.ts'
import { convert } from '../values/convert.ts'
import { BOOL, friendlyName } from '../values/type.ts'
import { elementsOf, object, tuple, typeOf, type Value } from '../values/value.ts'
import type { Evaluation } from './evaluation.ts'
import { asKey } from './objectConstructor.ts'
import { createChildScope } from './scope.ts'

export function evaluateFor(expression: ForExpression, evaluation: Evaluation): Value | undefined {
  const rounds = goThrough(expression, evaluation)
  if (rounds === undefined) return undefined
  const kept = rounds.filter((round) => isIncluded(expression, round))
  if (expression.key === undefined) {
    const values = kept.map((round) => round.evaluate(expression.value))
    const known = values.filter((value) => value !== undefined)
    return known.length === values.length ? tuple(known) : undefined
  }
  return makeObject(expression, expression.key, kept)
}

/** An evaluation for every element. */
function goThrough({ collection, keyName, valueName }: ForExpression, evaluation: Evaluation): readonly Evaluation[] | undefined {
  const value = evaluation.evaluate(collection)
  if (value === undefined) return undefined
  if (value.kind === 'null') return void evaluation.fail('Iteration over null value', "A 'for' expression cannot go through a null.", collection.range)
  const elements = elementsOf(value)
  if (elements === undefined) return void evaluation.fail('Iteration over non-iterable value', `A 'for' expression cannot go through a ${friendlyName(typeOf(value))}.`, collection.range)
  return elements.map(([key, element]) => {
    const names = new Map([[valueName, element]])
    if (keyName !== undefined) names.set(keyName, key)
    return evaluation.fork({ scope: createChildScope(evaluation.scope, names) })
  })
}

function isIncluded({ condition }: ForExpression, round: Evaluation): boolean {
  if (condition === undefined) return true
  const value = round.evaluate(condition)
  if (value === undefined) return false
  const fail = (reason: string): false => {
    round.fail("Invalid 'for' condition", `The 'if' clause ${reason}.`, condition.range)
    return false
  }
  if (value.kind === 'null') return fail('is null')
  try {
    const included = convert(value, BOOL)
    return included.kind === 'bool' && included.value
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return fail(`has an unsuitable value: ${error.message}`)
  }
}

function makeObject({ groups, value }: ForExpression, keyExpression: ForExpression['value'], rounds: readonly Evaluation[]): Value | undefined {
  const entries = new Map<string, Value[]>()
  let isWhole = true
  for (const round of rounds) {
    const key = asKey(round.evaluate(keyExpression), keyExpression, round)
    const result = round.evaluate(value)
    const before = key === undefined ? undefined : entries.get(key)
    if (before !== undefined && !groups) round.fail('Duplicate object key', `Two items have the key ${JSON.stringify(key)}. Write ... after the value to have a list of all values of a key.`, keyExpression.range)
    if (key === undefined || result === undefined) isWhole = false
    else entries.set(key, [...(before ?? []), result])
  }
  if (!isWhole) return undefined
  return object([...entries].flatMap(([key, values]) => (groups ? [[key, tuple(values)] as const] : values.slice(0, 1).map((only) => [key, only] as const))))
}
