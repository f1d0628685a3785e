import type { Diagnostic } from './diagnostic.ts'
import type { SourceRange } from './sourceRange.ts'
import type { Expression } from './syntax/expression.ts'

/**
 * What stands in a file or between the braces of a block: attributes and blocks. What of it is which, a file in JSON
 * only tells together with a schema, so a body is asked for what is looked for. Nothing throws: what is wrong is among the
 * results, with all that is right.
 */
export interface Body {
  /** What the schema names; anything else is a diagnostic. */
  content(schema: BodySchema): BodyContent
  /** What the schema names, and a body of what is left. */
  partialContent(schema: BodySchema): BodyContent & { readonly remain: Body }
  /** All as attributes; blocks are diagnostics, `Blocks are not allowed here.` */
  justAttributes(): { readonly attributes: ReadonlyMap<string, Attribute>; readonly diagnostics: readonly Diagnostic[] }
  /** Where something would stand that is missing. */
  readonly missingItemRange: SourceRange
}

export interface BodySchema {
  readonly attributes: readonly AttributeSchema[]
  readonly blocks: readonly BlockSchema[]
}
export interface AttributeSchema {
  readonly name: string
  readonly required: boolean
}
export interface BlockSchema {
  readonly type: string
  readonly labelNames: readonly string[]
}

export interface BodyContent {
  readonly attributes: ReadonlyMap<string, Attribute>
  /** In the order in which they stand. */
  readonly blocks: readonly Block[]
  readonly diagnostics: readonly Diagnostic[]
}

export interface Attribute {
  readonly name: string
  readonly expression: Expression
  readonly nameRange: SourceRange
  readonly range: SourceRange
}

export interface Block {
  readonly type: string
  readonly labels: readonly string[]
  readonly body: Body
  readonly typeRange: SourceRange
  readonly labelRanges: readonly SourceRange[]
}

export function missingArgument(name: string, subject: SourceRange): Diagnostic {
  return { summary: 'Missing required argument', detail: `The argument ${JSON.stringify(name)} is required, but it is not there.`, subject }
}
