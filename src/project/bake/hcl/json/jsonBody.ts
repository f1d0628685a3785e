import { missingArgument, type Attribute, type Block, type BlockSchema, type Body, type BodyContent, type BodySchema } from '../body.ts'
import type { Diagnostic } from '../diagnostic.ts'
import { findNearestName } from '../nearestName.ts'
import { formatRange, rangeBetween, type SourceRange } from '../sourceRange.ts'
import { toExpression } from './jsonExpression.ts'
import type { JsonNode, JsonProperty } from './jsonNode.ts'

/** The body that a JSON object is, or an array of such; properties in `hidden` are not there. */
export function createJsonBody(node: JsonNode, hidden: ReadonlySet<string> = new Set()): Body {
  const missingItemRange: SourceRange = { ...node.range, start: Math.max(node.range.start, node.range.end - 1) }
  return {
    missingItemRange,
    content(schema) {
      const known = readContent(node, schema, { hidden, missingItemRange })
      return { ...known, diagnostics: [...known.diagnostics, ...unknownProperties(node, schema, hidden)] }
    },
    partialContent(schema) {
      const names = [...schema.attributes.map(({ name }) => name), ...schema.blocks.map(({ type }) => type)]
      return { ...readContent(node, schema, { hidden, missingItemRange }), remain: createJsonBody(node, new Set([...hidden, ...names])) }
    },
    justAttributes() {
      const attributes = new Map<string, Attribute>()
      const diagnostics: Diagnostic[] = []
      for (const property of visibleProperties(node, hidden, diagnostics)) addAttribute(attributes, property, diagnostics)
      return { attributes, diagnostics }
    },
  }
}

interface Place {
  readonly hidden: ReadonlySet<string>
  readonly missingItemRange: SourceRange
}

function readContent(node: JsonNode, schema: BodySchema, { hidden, missingItemRange }: Place): BodyContent {
  const attributes = new Map<string, Attribute>()
  const blocks: Block[] = []
  const diagnostics: Diagnostic[] = []
  for (const property of visibleProperties(node, hidden, diagnostics)) {
    const { text } = property.name
    const blockSchema = schema.blocks.find(({ type }) => type === text)
    if (schema.attributes.some(({ name }) => name === text)) addAttribute(attributes, property, diagnostics)
    else if (blockSchema !== undefined) blocks.push(...readBlocks(property, blockSchema, diagnostics))
  }
  for (const { name, required } of schema.attributes) {
    if (required && !attributes.has(name)) diagnostics.push(missingArgument(name, missingItemRange))
  }
  return { attributes, blocks, diagnostics }
}

/** Without those that are comments by their name. */
function visibleProperties(node: JsonNode, hidden: ReadonlySet<string>, diagnostics: Diagnostic[]): readonly JsonProperty[] {
  return deepProperties(node, 'the arguments and blocks of this body', diagnostics).filter(({ name }) => name.text !== '//' && !hidden.has(name.text))
}

/** Of an object, or of all objects of an array. */
function deepProperties(node: JsonNode, purpose: string, diagnostics: Diagnostic[]): readonly JsonProperty[] {
  if (node.kind === 'object') return node.properties
  if (isNull(node)) return []
  if (node.kind === 'array') return node.items.flatMap((item) => (item.kind === 'object' ? item.properties : wrongKind(item, `A JSON object is required here, for ${purpose}.`, diagnostics)))
  return wrongKind(node, `A JSON object, or an array of such, is required here, for ${purpose}.`, diagnostics)
}

function wrongKind(node: JsonNode, detail: string, diagnostics: Diagnostic[]): readonly never[] {
  diagnostics.push({ summary: 'Incorrect JSON value type', detail, subject: node.range })
  return []
}

function addAttribute(attributes: Map<string, Attribute>, { name, value }: JsonProperty, diagnostics: Diagnostic[]): void {
  const before = attributes.get(name.text)
  if (before !== undefined) {
    diagnostics.push({ summary: 'Duplicate argument', detail: `The argument ${JSON.stringify(name.text)} was already set at ${formatRange(before.range)}.`, subject: name.range })
    return
  }
  attributes.set(name.text, { name: name.text, expression: toExpression(value, diagnostics), nameRange: name.range, range: rangeBetween(name.range, value.range) })
}

function readBlocks({ name, value }: JsonProperty, { type, labelNames }: BlockSchema, diagnostics: Diagnostic[]): readonly Block[] {
  const unpack = (node: JsonNode, labels: readonly JsonProperty['name'][]): readonly Block[] => {
    const labelName = labelNames[labels.length]
    if (labelName !== undefined) {
      const properties = deepProperties(node, `the ${labelName} of this ${type}`, diagnostics)
      if (properties.length === 0) diagnostics.push({ summary: 'Missing block label', detail: `At least one property is required, whose name is the ${labelName} of the ${type}.`, subject: node.range })
      return properties.flatMap((property) => unpack(property.value, [...labels, property.name]))
    }
    if (isNull(node)) return []
    if (node.kind === 'text' || node.kind === 'scalar') return wrongKind(node, `A JSON object or array is required here, for the contents of ${type} blocks.`, diagnostics)
    const bodies = node.kind === 'array' ? node.items : [node]
    return bodies.map((body) => ({ type, labels: labels.map(({ text }) => text), body: createJsonBody(body), typeRange: name.range, labelRanges: labels.map(({ range }) => range) }))
  }
  return unpack(value, [])
}

function isNull(node: JsonNode): boolean {
  return node.kind === 'scalar' && node.value.kind === 'null'
}

function unknownProperties(node: JsonNode, schema: BodySchema, hidden: ReadonlySet<string>): readonly Diagnostic[] {
  const known = new Set([...schema.attributes.map(({ name }) => name), ...schema.blocks.map(({ type }) => type)])
  return visibleProperties(node, hidden, [])
    .filter(({ name }) => !known.has(name.text))
    .map(({ name }) => ({ summary: 'Extraneous JSON object property', detail: `No argument or block type is named ${JSON.stringify(name.text)}.${findNearestName(name.text, known)}`, subject: name.range }))
}
