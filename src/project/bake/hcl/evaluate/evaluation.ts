import type { Diagnostic } from '../diagnostic.ts'
import type { SourceRange } from '../sourceRange.ts'
import type { Expression } from '../syntax/expression.ts'
import type { Value } from '../values/value.ts'
import type { Attempt, Scope } from './scope.ts'

/** An expression's evaluation in one scope. What fails is told to it, and its value is undefined, so that all mistakes are found at once. */
export interface Evaluation {
  readonly scope: Scope
  /** Within a splat, the element that it is at. */
  readonly element: Value | undefined
  evaluate(expression: Expression): Value | undefined
  /** Evaluates without being told what is wrong. */
  attempt(expression: Expression): Attempt
  /** Tells what is wrong. */
  fail(summary: string, detail: string, subject: SourceRange): void
  tell(diagnostics: readonly Diagnostic[]): void
  /** The same with other surroundings. */
  fork(changes: { readonly scope?: Scope; readonly element?: Value }): Evaluation
}
