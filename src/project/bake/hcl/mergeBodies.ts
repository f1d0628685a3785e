import { missingArgument, type Attribute, type Body, type BodyContent, type BodySchema } from './body.ts'
import type { Diagnostic } from './diagnostic.ts'
import { formatRange, type SourceRange } from './sourceRange.ts'

/** The bodies of several files as one: their blocks one after the other. An attribute that several of them have is a diagnostic. */
export function mergeBodies(first: Body, ...others: readonly Body[]): Body {
  const bodies = [first, ...others]
  const { missingItemRange } = first
  return {
    missingItemRange,
    content: (schema) => mergeContents(bodies.map((body) => body.content(optional(schema))), schema, missingItemRange),
    partialContent(schema) {
      const contents = bodies.map((body) => body.partialContent(optional(schema)))
      const [firstRemain = first, ...otherRemains] = contents.map(({ remain }) => remain)
      return { ...mergeContents(contents, schema, missingItemRange), remain: mergeBodies(firstRemain, ...otherRemains) }
    },
    justAttributes: () => mergeAttributes(bodies.map((body) => body.justAttributes())),
  }
}

/** Any of the bodies may have what is required. */
function optional(schema: BodySchema): BodySchema {
  return { ...schema, attributes: schema.attributes.map(({ name }) => ({ name, required: false })) }
}

function mergeContents(contents: readonly BodyContent[], schema: BodySchema, missingItemRange: SourceRange): BodyContent {
  const { attributes, diagnostics } = mergeAttributes(contents)
  const missing = schema.attributes.filter(({ name, required }) => required && !attributes.has(name)).map(({ name }) => missingArgument(name, missingItemRange))
  return { attributes, blocks: contents.flatMap(({ blocks }) => blocks), diagnostics: [...diagnostics, ...missing] }
}

function mergeAttributes(all: readonly { readonly attributes: ReadonlyMap<string, Attribute>; readonly diagnostics: readonly Diagnostic[] }[]): {
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly diagnostics: readonly Diagnostic[]
} {
  const attributes = new Map<string, Attribute>()
  const diagnostics: Diagnostic[] = []
  for (const one of all) {
    diagnostics.push(...one.diagnostics)
    for (const [name, attribute] of one.attributes) {
      const before = attributes.get(name)
      if (before === undefined) attributes.set(name, attribute)
      else diagnostics.push({ summary: 'Duplicate argument', detail: `Argument ${JSON.stringify(name)} was already set at ${formatRange(before.nameRange)}`, subject: attribute.nameRange })
    }
  }
  return { attributes, diagnostics }
}
