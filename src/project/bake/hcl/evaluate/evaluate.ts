import { formatDiagnostic, HclError, throwDiagnostics, type Diagnostic } from '../diagnostic.ts'
import { findNearestName } from '../nearestName.ts'
import type { Expression, TemplateExpression, TraversalExpression, VariableExpression } from '../syntax/expression.ts'
import { ConversionError } from '../values/conversionError.ts'
import { convert } from '../values/convert.ts'
import { STRING } from '../values/type.ts'
import { string, tuple, type Value } from '../values/value.ts'
import { evaluateCall } from './call.ts'
import { evaluateConditional } from './conditional.ts'
import type { Evaluation } from './evaluation.ts'
import { evaluateFor } from './forLoop.ts'
import { evaluateObject } from './objectConstructor.ts'
import { evaluateBinary, evaluateUnary } from './operation.ts'
import type { Attempt, Scope } from './scope.ts'
import { evaluateSplat, getAttribute, getIndex } from './traversal.ts'

/** @throws HclError with all that is wrong with it */
export function evaluate(expression: Expression, scope: Scope): Value {
  const { value, diagnostics } = tryEvaluate(expression, scope)
  throwDiagnostics(diagnostics)
  if (value === undefined) throw new Error('an expression without a value tells why')
  return value
}

/** As `evaluate`, for those who go on: the value is undefined where there are diagnostics. */
export function tryEvaluate(expression: Expression, scope: Scope): Attempt {
  const diagnostics: Diagnostic[] = []
  const value = createEvaluation(scope, undefined, diagnostics).evaluate(expression)
  return { value: diagnostics.length === 0 ? value : undefined, diagnostics: withoutRepetitions(diagnostics) }
}

/** What is wrong in a `for` is wrong in every round. */
function withoutRepetitions(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map((diagnostic) => [formatDiagnostic(diagnostic), diagnostic])).values()]
}

function createEvaluation(scope: Scope, element: Value | undefined, diagnostics: Diagnostic[]): Evaluation {
  const evaluation: Evaluation = {
    scope,
    element,
    evaluate: (expression) => evaluateNode(expression, evaluation),
    fail(summary, detail, subject) {
      diagnostics.push({ summary, detail, subject })
    },
    tell: (more) => void diagnostics.push(...more),
    attempt(expression) {
      const own: Diagnostic[] = []
      const value = createEvaluation(scope, element, own).evaluate(expression)
      return { value, diagnostics: own }
    },
    fork: (changes) => createEvaluation(changes.scope ?? scope, changes.element ?? element, diagnostics),
  }
  return evaluation
}

/* eslint-disable-next-line complexity -- a table of the kinds */
function evaluateNode(expression: Expression, evaluation: Evaluation): Value | undefined {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'variable':
      return evaluateVariable(expression, [], evaluation)
    case 'traversal':
      return evaluateTraversal(expression, evaluation)
    case 'index': {
      const [collection, key] = [evaluation.evaluate(expression.collection), evaluation.evaluate(expression.key)]
      return collection === undefined || key === undefined ? undefined : getIndex(collection, key, { evaluation, subject: expression.bracketRange })
    }
    case 'splat':
      return evaluateSplat(expression, evaluation)
    case 'element':
      return evaluation.element
    case 'call':
      return evaluateCall(expression, evaluation)
    case 'conditional':
      return evaluateConditional(expression, evaluation)
    case 'binary':
      return evaluateBinary(expression, evaluation)
    case 'unary':
      return evaluateUnary(expression, evaluation)
    case 'parentheses':
    case 'interpolation':
      return evaluation.evaluate(expression.expression)
    case 'tuple':
      return evaluateTuple(expression.elements, evaluation)
    case 'object':
      return evaluateObject(expression, evaluation)
    case 'for':
      return evaluateFor(expression, evaluation)
    case 'template':
      return evaluateTemplate(expression, evaluation)
    case 'join':
      return evaluateJoin(expression.texts, evaluation)
  }
}

function evaluateVariable({ name, range }: VariableExpression, path: readonly string[], evaluation: Evaluation): Value | undefined {
  try {
    const value = evaluation.scope.variable(name, path)
    if (value !== undefined) return value
  } catch (error) {
    if (!(error instanceof HclError)) throw error
    evaluation.tell(error.diagnostics)
    return undefined
  }
  return void evaluation.fail('Unknown variable', `There is no variable named ${JSON.stringify(name)}.${findNearestName(name, evaluation.scope.variableNames())}`, range)
}

function evaluateTraversal({ source, steps }: TraversalExpression, evaluation: Evaluation): Value | undefined {
  let value = source.kind === 'variable' ? evaluateVariable(source, leadingNames(steps), evaluation) : evaluation.evaluate(source)
  for (const step of steps) {
    if (value === undefined) return undefined
    const place = { evaluation, subject: step.range }
    value = step.kind === 'attribute' ? getAttribute(value, step.name, place) : getIndex(value, step.key, place)
  }
  return value
}

/** The names that are read one after the other, be they written as attributes or as texts in brackets. */
function leadingNames(steps: TraversalExpression['steps']): readonly string[] {
  const names = steps.map((step) => (step.kind === 'attribute' ? step.name : step.key.kind === 'string' ? step.key.value : undefined))
  const end = names.indexOf(undefined)
  return names.slice(0, end === -1 ? names.length : end).filter((name) => name !== undefined)
}

function evaluateTuple(elements: readonly Expression[], evaluation: Evaluation): Value | undefined {
  const values = elements.map((element) => evaluation.evaluate(element))
  const known = values.filter((value) => value !== undefined)
  return known.length === values.length ? tuple(known) : undefined
}

function evaluateTemplate({ parts }: TemplateExpression, evaluation: Evaluation): Value | undefined {
  const texts = parts.map((part) => evaluatePart(part, evaluation))
  return texts.includes(undefined) ? undefined : string(texts.join(''))
}

function evaluatePart(part: Expression, evaluation: Evaluation): string | undefined {
  const value = evaluation.evaluate(part)
  return value === undefined ? undefined : asText(value, part, evaluation)
}

function asText(value: Value, part: Expression, evaluation: Evaluation): string | undefined {
  if (value.kind === 'null') return void evaluation.fail('Invalid template interpolation value', 'The value is null, which cannot be part of a string.', part.range)
  try {
    const text = convert(value, STRING)
    return text.kind === 'string' ? text.value : undefined
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return void evaluation.fail('Invalid template interpolation value', `The value cannot be part of a string: ${error.message}.`, part.range)
  }
}

function evaluateJoin(texts: Expression, evaluation: Evaluation): Value | undefined {
  const value = evaluation.evaluate(texts)
  if (value?.kind !== 'tuple') return undefined
  const parts = value.elements.map((element) => asText(element, texts, evaluation))
  return parts.includes(undefined) ? undefined : string(parts.join(''))
}
