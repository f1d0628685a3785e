import { HclError } from '../diagnostic.ts'
import { findNearestName } from '../nearestName.ts'
import type { CallExpression, Expression } from '../syntax/expression.ts'
import { ConversionError } from '../values/conversionError.ts'
import { convert } from '../values/convert.ts'
import type { Value } from '../values/value.ts'
import type { Evaluation } from './evaluation.ts'
import { FunctionError, type HclFunction, type Parameter, type ValueFunction } from './scope.ts'

export function evaluateCall(call: CallExpression, evaluation: Evaluation): Value | undefined {
  const { name, nameRange } = call
  const called = evaluation.scope.function(name)
  if (called === undefined) return void evaluation.fail('Call to unknown function', `There is no function named ${JSON.stringify(name)}.${findNearestName(name, evaluation.scope.functionNames())}`, nameRange)
  const given = expandArguments(call, evaluation)
  if (given === undefined || !hasRightCount(call, called, { given, evaluation })) return undefined
  const site: CallSite = { call, called, given, evaluation }
  if (called.kind === 'expressions') return attempt(site, () => called.call(given, (expression) => evaluation.attempt(expression)))
  const values = convertArguments(site, called)
  return values === undefined ? undefined : attempt(site, () => called.call(values))
}

interface CallSite {
  readonly call: CallExpression
  readonly called: HclFunction
  readonly given: readonly Expression[]
  readonly evaluation: Evaluation
}

function expandArguments(call: CallExpression, evaluation: Evaluation): readonly Expression[] | undefined {
  const last = call.arguments.at(-1)
  if (!call.expandsLast || last === undefined) return call.arguments
  const value = evaluation.evaluate(last)
  if (value === undefined) return undefined
  if (!('elements' in value)) return void evaluation.fail('Invalid expanding argument value', `What ... stands after must be a list, set or tuple${value.kind === 'null' ? ', not null' : ''}.`, last.range)
  return [...call.arguments.slice(0, -1), ...value.elements.map((element): Expression => ({ kind: 'literal', value: element, range: last.range }))]
}

function hasRightCount(call: CallExpression, { parameters, variadic }: HclFunction, { given, evaluation }: { readonly given: readonly Expression[]; readonly evaluation: Evaluation }): boolean {
  const missing = parameters[given.length]
  const count = `${parameters.length} argument${parameters.length === 1 ? '' : 's'}`
  if (missing !== undefined) {
    evaluation.fail('Not enough function arguments', `Function ${JSON.stringify(call.name)} expects${variadic === undefined ? '' : ' at least'} ${count}: there is no value for ${JSON.stringify(missing.name)}.`, call.closeRange)
    return false
  }
  const surplus = given[parameters.length]
  if (variadic !== undefined || surplus === undefined) return true
  evaluation.fail('Too many function arguments', `Function ${JSON.stringify(call.name)} expects only ${count}.`, surplus.range)
  return false
}

function convertArguments({ given, evaluation }: CallSite, called: ValueFunction): readonly Value[] | undefined {
  const values = given.map((expression, index) => {
    const parameter = called.parameters[index] ?? called.variadic
    const value = evaluation.evaluate(expression)
    return parameter === undefined || value === undefined ? undefined : convertArgument(value, parameter, { expression, evaluation })
  })
  const known = values.filter((value) => value !== undefined)
  return known.length === values.length ? known : undefined
}

function convertArgument(value: Value, { name, type, allowsNull }: Parameter, { expression, evaluation }: { readonly expression: Expression; readonly evaluation: Evaluation }): Value | undefined {
  const fail = (reason: string): void => evaluation.fail('Invalid function argument', `Invalid value for ${JSON.stringify(name)} parameter: ${reason}.`, expression.range)
  try {
    const converted = convert(value, type)
    return converted.kind === 'null' && !allowsNull ? void fail('argument must not be null') : converted
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return void fail(error.message)
  }
}

function attempt({ call, called, given, evaluation }: CallSite, work: () => Value): Value | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof HclError) return void evaluation.tell(error.diagnostics)
    if (!(error instanceof FunctionError)) throw error
    const index = error.argumentIndex
    const parameter = index === undefined ? undefined : (called.parameters[index] ?? called.variadic)
    const argument = index === undefined ? undefined : given[index]
    if (parameter === undefined || argument === undefined) return void evaluation.fail('Error in function call', `Call to function ${JSON.stringify(call.name)} failed: ${error.message}.`, call.nameRange)
    return void evaluation.fail('Invalid function argument', `Invalid value for ${JSON.stringify(parameter.name)} parameter: ${error.message}.`, argument.range)
  }
}
