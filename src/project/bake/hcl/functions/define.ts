import { isInteger, toInteger, type BigFloat } from '../values/bigFloat.ts'
import { ANY, BOOL, listOf, NUMBER, setOf, STRING, type Type } from '../values/type.ts'
import type { Value } from '../values/value.ts'
import { FunctionError, type HclFunction, type Parameter, type ValueFunction } from '../evaluate/scope.ts'

/** Functions with their names. */
export type Functions = readonly (readonly [name: string, HclFunction])[]

export function defineFunction(parameters: readonly Parameter[], call: (...given: readonly Value[]) => Value): ValueFunction {
  return { kind: 'values', parameters, variadic: undefined, call: (given) => call(...given) }
}

/** @param call with the arguments of `parameters`, and then with all further ones */
export function defineVariadic(parameters: readonly Parameter[], variadic: Parameter, call: (given: readonly Value[], rest: readonly Value[]) => Value): ValueFunction {
  return { kind: 'values', parameters, variadic, call: (given) => call(given.slice(0, parameters.length), given.slice(parameters.length)) }
}

export function text(name: string): Parameter {
  return parameter(name, STRING)
}
export function numeric(name: string): Parameter {
  return parameter(name, NUMBER)
}
export function boolean(name: string): Parameter {
  return parameter(name, BOOL)
}
export function anything(name: string): Parameter {
  return parameter(name, ANY)
}
export function listParameter(name: string, element: Type): Parameter {
  return parameter(name, listOf(element))
}
export function setParameter(name: string): Parameter {
  return parameter(name, setOf(ANY))
}
export function orNull(inner: Parameter): Parameter {
  return { ...inner, allowsNull: true }
}
function parameter(name: string, type: Type): Parameter {
  return { name, type, allowsNull: false }
}

/** Of an argument that is a string by its parameter. */
export function textOf(value: Value | undefined): string {
  if (value?.kind !== 'string') throw new Error('the parameter makes it a string')
  return value.value
}
export function numberOf(value: Value | undefined): BigFloat {
  if (value?.kind !== 'number') throw new Error('the parameter makes it a number')
  return value.value
}
export function boolOf(value: Value | undefined): boolean {
  if (value?.kind !== 'bool') throw new Error('the parameter makes it a bool')
  return value.value
}

/** A number as one of JavaScript's. @throws FunctionError unless it is a whole one that fits */
export function wholeOf(value: Value | undefined, argumentIndex?: number): number {
  const number = numberOf(value)
  const whole = isInteger(number) ? Number(toInteger(number)) : NaN
  if (!Number.isSafeInteger(whole)) throw new FunctionError('value must be a whole number', argumentIndex)
  return whole
}
