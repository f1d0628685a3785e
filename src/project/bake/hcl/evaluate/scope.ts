import { InvalidValueError } from '../../../../ground/errors.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Expression } from '../syntax/expression.ts'
import type { Type } from '../values/type.ts'
import type { Value } from '../values/value.ts'

/**
 * What expressions may name: a port, which whoever evaluates fills. It is asked when a name is met, so values may be worked
 * out then, and in terms of each other: whoever does so watches for cycles, and throws an `HclError` for one.
 */
export interface Scope {
  /**
   * The value of a variable; undefined where there is none of that name. `path` are the attributes that are read of it
   * next, for those who have not all of an object worked out: with `target.app.args` the variable is `target`, and the
   * path `app`, `args`.
   */
  variable(name: string, path: readonly string[]): Value | undefined
  /** For the nearest name, where one is unknown. */
  variableNames(): Iterable<string>
  function(name: string): HclFunction | undefined
  functionNames(): Iterable<string>
}

export type HclFunction = ValueFunction | ExpressionFunction

export interface ValueFunction {
  readonly kind: 'values'
  readonly parameters: readonly Parameter[]
  /** Takes any further arguments, none too. */
  readonly variadic: Parameter | undefined
  /** @param given converted to the parameters' types, and no null but where it is allowed. @throws FunctionError */
  call(given: readonly Value[]): Value
}

/** Sees its arguments unevaluated, as `try` does. */
export interface ExpressionFunction {
  readonly kind: 'expressions'
  readonly parameters: readonly Parameter[]
  readonly variadic: Parameter | undefined
  /** @throws FunctionError; HclError for what is wrong with an argument */
  call(given: readonly Expression[], attempt: (expression: Expression) => Attempt): Value
}

/** What became of an expression: a value, or what is wrong. */
export interface Attempt {
  readonly value: Value | undefined
  readonly diagnostics: readonly Diagnostic[]
}

export interface Parameter {
  readonly name: string
  readonly type: Type
  readonly allowsNull: boolean
}

/** Why a function has no result. The message is the part of a sentence. */
export class FunctionError extends InvalidValueError {
  /** The argument that is wrong, where it is one. */
  readonly argumentIndex: number | undefined

  constructor(message: string, argumentIndex?: number) {
    super(message)
    this.argumentIndex = argumentIndex
  }
}

/** `outer`, with variables of its own that hide those of the same name. */
export function createChildScope(outer: Scope, variables: ReadonlyMap<string, Value>): Scope {
  return {
    variable: (name, path) => variables.get(name) ?? outer.variable(name, path),
    variableNames: () => [...variables.keys(), ...outer.variableNames()],
    function: (name) => outer.function(name),
    functionNames: () => outer.functionNames(),
  }
}

/** A scope of what is given, and of nothing else. */
export function createScope(variables: ReadonlyMap<string, Value>, functions: ReadonlyMap<string, HclFunction>): Scope {
  return {
    variable: (name) => variables.get(name),
    variableNames: () => variables.keys(),
    function: (name) => functions.get(name),
    functionNames: () => functions.keys(),
  }
}
