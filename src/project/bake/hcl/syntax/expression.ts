import type { SourceRange } from '../sourceRange.ts'
import type { Value } from '../values/value.ts'

/** The syntax tree of an expression; expressions of JSON files are made of the same nodes. */
export type Expression =
  | LiteralExpression
  | VariableExpression
  | TraversalExpression
  | IndexExpression
  | SplatExpression
  | ElementExpression
  | CallExpression
  | ConditionalExpression
  | BinaryExpression
  | UnaryExpression
  | ParenthesesExpression
  | TupleExpression
  | ObjectExpression
  | ForExpression
  | TemplateExpression
  | InterpolationExpression
  | JoinExpression

interface Node {
  readonly range: SourceRange
}
export interface LiteralExpression extends Node {
  readonly kind: 'literal'
  readonly value: Value
}
export interface VariableExpression extends Node {
  readonly kind: 'variable'
  readonly name: string
}
/** What is read by constant steps: `a.b[0].c` is one traversal of three. */
export interface TraversalExpression extends Node {
  readonly kind: 'traversal'
  readonly source: Expression
  readonly steps: readonly TraversalStep[]
}
export type TraversalStep =
  | { readonly kind: 'attribute'; readonly name: string; readonly range: SourceRange }
  | { readonly kind: 'index'; readonly key: Value; readonly range: SourceRange }
export interface IndexExpression extends Node {
  readonly kind: 'index'
  readonly collection: Expression
  readonly key: Expression
  readonly bracketRange: SourceRange
}
/** `source[*].each` or `source.*.each`: `each` is evaluated for every element, which it names by an `ElementExpression`. */
export interface SplatExpression extends Node {
  readonly kind: 'splat'
  readonly source: Expression
  readonly each: Expression
  readonly markerRange: SourceRange
}
/** In a splat, the element of the innermost one. */
export interface ElementExpression extends Node {
  readonly kind: 'element'
}
export interface CallExpression extends Node {
  readonly kind: 'call'
  readonly name: string
  readonly nameRange: SourceRange
  readonly arguments: readonly Expression[]
  /** Whether the last argument stands for as many as it has elements: `f(list...)`. */
  readonly expandsLast: boolean
  readonly closeRange: SourceRange
}
export interface ConditionalExpression extends Node {
  readonly kind: 'conditional'
  readonly condition: Expression
  readonly whenTrue: Expression
  readonly whenFalse: Expression
}
export type BinaryOperator = '||' | '&&' | '==' | '!=' | '>' | '>=' | '<' | '<=' | '+' | '-' | '*' | '/' | '%'
export interface BinaryExpression extends Node {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expression
  readonly right: Expression
}
export interface UnaryExpression extends Node {
  readonly kind: 'unary'
  readonly operator: '-' | '!'
  readonly operand: Expression
}
export interface ParenthesesExpression extends Node {
  readonly kind: 'parentheses'
  readonly expression: Expression
}
export interface TupleExpression extends Node {
  readonly kind: 'tuple'
  readonly elements: readonly Expression[]
}
export interface ObjectExpression extends Node {
  readonly kind: 'object'
  readonly items: readonly ObjectItem[]
}
export interface ObjectItem {
  /** A bare name is a key by itself; one in parentheses is a variable. */
  readonly key: Expression
  readonly value: Expression
}
export interface ForExpression extends Node {
  readonly kind: 'for'
  readonly keyName: string | undefined
  readonly valueName: string
  readonly collection: Expression
  /** Undefined makes a tuple, else an object. */
  readonly key: Expression | undefined
  readonly value: Expression
  readonly condition: Expression | undefined
  /** Values of equal keys become a tuple: `{for x in y: k => v...}`. */
  readonly groups: boolean
}
export interface TemplateExpression extends Node {
  readonly kind: 'template'
  readonly parts: readonly Expression[]
  /** The whole text, where it is a string of a JSON file: there, names and types stand in strings too. */
  readonly jsonText?: string
}
/** `"${x}"`, which is the value of `x`, of whatever type. */
export interface InterpolationExpression extends Node {
  readonly kind: 'interpolation'
  readonly expression: Expression
}
/** `%{for}` in a template: the texts of a for expression, one after the other. */
export interface JoinExpression extends Node {
  readonly kind: 'join'
  readonly texts: ForExpression
}

/** The name that an expression is nothing but, be it a keyword. */
export function keywordOf(expression: Expression): string | undefined {
  if (expression.kind === 'variable') return expression.name
  if (expression.kind !== 'literal') return undefined
  const { value } = expression
  if (value.kind === 'bool') return String(value.value)
  return value.kind === 'null' ? 'null' : undefined
}

/** The expressions that an expression is made of, without those that its own names hide. */
/* eslint-disable-next-line complexity -- a table of the kinds */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'variable':
    case 'element':
      return []
    case 'traversal':
      return [expression.source]
    case 'index':
      return [expression.collection, expression.key]
    case 'splat':
      return [expression.source, expression.each]
    case 'call':
      return expression.arguments
    case 'conditional':
      return [expression.condition, expression.whenTrue, expression.whenFalse]
    case 'binary':
      return [expression.left, expression.right]
    case 'unary':
      return [expression.operand]
    case 'parentheses':
    case 'interpolation':
      return [expression.expression]
    case 'tuple':
      return expression.elements
    case 'object':
      return expression.items.flatMap(({ key, value }) => (keywordOf(key) === undefined ? [key, value] : [value]))
    case 'for':
      return [expression.collection, ...[expression.key, expression.value, expression.condition].filter((part) => part !== undefined)]
    case 'template':
      return expression.parts
    case 'join':
      return [expression.texts]
  }
}
