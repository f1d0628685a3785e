import { HclError, type Diagnostic } from '../diagnostic.ts'
import { asWritten } from '../hcl.ts'
import { keywordOf, type Expression } from '../syntax/expression.ts'
import { ANY } from '../values/type.ts'
import { tuple, type Value } from '../values/value.ts'
import { evaluate } from './evaluate.ts'
import { createChildScope, FunctionError, type HclFunction, type Parameter, type Scope } from './scope.ts'

/** The attributes of a `function` block. */
export interface FunctionDefinition {
  /** A list of names. */
  readonly parameters: Expression
  /** The name of the one that takes all further arguments, as a tuple. */
  readonly variadic: Expression | undefined
  readonly result: Expression
}

/**
 * A function that users define. Its result is evaluated in `scope`, with the parameters as variables. Who evaluates lets
 * no function call itself: `findReferences` tells what its result calls, `parameterNames` which variables are its own.
 * @throws HclError
 */
export function createUserFunction({ parameters, variadic, result }: FunctionDefinition, scope: Scope): HclFunction {
  const names = readNames(parameters)
  const variadicName = variadic === undefined ? undefined : readName(variadic)
  return {
    kind: 'values',
    parameters: names.map(asParameter),
    variadic: variadicName === undefined ? undefined : asParameter(variadicName),
    call: (given) => callUser(given, { names, variadicName, result, scope }),
  }
}

export function parameterNames({ parameters, variadic }: FunctionDefinition): readonly string[] {
  return [...readNames(parameters), ...(variadic === undefined ? [] : [readName(variadic)])]
}

interface UserFunction {
  readonly names: readonly string[]
  readonly variadicName: string | undefined
  readonly result: Expression
  readonly scope: Scope
}

function callUser(given: readonly Value[], { names, variadicName, result, scope }: UserFunction): Value {
  const variables = new Map(names.flatMap((name, index) => given.slice(index, index + 1).map((value) => [name, value] as const)))
  if (variadicName !== undefined) variables.set(variadicName, tuple(given.slice(names.length)))
  try {
    return evaluate(result, createChildScope(scope, variables))
  } catch (error) {
    if (error instanceof HclError) throw new FunctionError(error.message.replace(/\.$/, ''))
    throw error
  }
}

function asParameter(name: string): Parameter {
  return { name, type: ANY, allowsNull: true }
}

function readNames(parameters: Expression): readonly string[] {
  if (parameters.kind !== 'tuple') throw new HclError([{ summary: 'Invalid expression', detail: 'The parameters of a function are a list of names.', subject: parameters.range }])
  const diagnostics: Diagnostic[] = []
  const names = parameters.elements.map((element) => {
    const name = keywordOf(asWritten(element))
    if (name === undefined) diagnostics.push(invalidName(element))
    return name ?? ''
  })
  const [first, ...more] = diagnostics
  if (first !== undefined) throw new HclError([first, ...more])
  return names
}

function readName(expression: Expression): string {
  const name = keywordOf(asWritten(expression))
  if (name === undefined) throw new HclError([invalidName(expression)])
  return name
}

function invalidName({ range }: Expression): Diagnostic {
  return { summary: 'Invalid param element', detail: 'The name of a parameter is an identifier.', subject: range }
}
