import { missingArgument, type Attribute, type Block, type BlockSchema, type Body, type BodyContent, type BodySchema } from './body.ts'
import type { Diagnostic } from './diagnostic.ts'
import { findNearestName } from './nearestName.ts'
import type { SourceRange } from './sourceRange.ts'

/** The body of a text in HCL's native syntax. */
export interface NativeItems {
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly blocks: readonly Block[]
  /** After the last item. */
  readonly endRange: SourceRange
}

export function createNativeBody(items: NativeItems): Body {
  return {
    missingItemRange: items.endRange,
    content(schema) {
      const known = readContent(items, schema)
      return { ...known, diagnostics: [...known.diagnostics, ...unknownItems(items, schema)] }
    },
    partialContent(schema) {
      return { ...readContent(items, schema), remain: createNativeBody(withoutItems(items, schema)) }
    },
    justAttributes: () => ({ attributes: items.attributes, diagnostics: items.blocks.slice(0, 1).map(unexpectedBlock) }),
  }
}

function readContent(items: NativeItems, schema: BodySchema): BodyContent {
  const attributes = new Map<string, Attribute>()
  const diagnostics: Diagnostic[] = []
  for (const { name, required } of schema.attributes) {
    const attribute = items.attributes.get(name)
    if (attribute !== undefined) attributes.set(name, attribute)
    else if (required) diagnostics.push(missingArgument(name, items.endRange))
  }
  const blocks = items.blocks.filter((block) => {
    const wanted = schema.blocks.find(({ type }) => type === block.type)
    if (wanted === undefined) return false
    const wrong = wrongLabels(block, wanted)
    if (wrong !== undefined) diagnostics.push(wrong)
    return wrong === undefined
  })
  return { attributes, blocks, diagnostics }
}

function wrongLabels(block: Block, { type, labelNames }: BlockSchema): Diagnostic | undefined {
  const missing = labelNames[block.labels.length]
  if (missing !== undefined) {
    return { summary: `Missing ${missing} for ${type}`, detail: `All ${type} blocks have ${labelNames.length} label${labelNames.length === 1 ? '' : 's'} (${labelNames.join(', ')}).`, subject: block.typeRange }
  }
  const surplus = block.labelRanges[labelNames.length]
  if (surplus === undefined) return undefined
  const detail = labelNames.length === 0 ? `No labels are expected for ${type} blocks.` : `Only ${labelNames.length} label${labelNames.length === 1 ? ' is' : 's are'} expected for ${type} blocks (${labelNames.join(', ')}).`
  return { summary: `Extraneous label for ${type}`, detail, subject: surplus }
}

function withoutItems(items: NativeItems, schema: BodySchema): NativeItems {
  const names = new Set(schema.attributes.map(({ name }) => name))
  const types = new Set(schema.blocks.map(({ type }) => type))
  return { ...items, attributes: new Map([...items.attributes].filter(([name]) => !names.has(name))), blocks: items.blocks.filter(({ type }) => !types.has(type)) }
}

function unknownItems(items: NativeItems, schema: BodySchema): readonly Diagnostic[] {
  const rest = withoutItems(items, schema)
  return [...[...rest.attributes.values()].map((attribute) => unsupportedAttribute(attribute, schema)), ...rest.blocks.map((block) => unsupportedBlock(block, schema))]
}

function unsupportedAttribute({ name, nameRange }: Attribute, schema: BodySchema): Diagnostic {
  const isBlock = schema.blocks.some(({ type }) => type === name)
  const nearest = findNearestName(name, schema.attributes.map((attribute) => attribute.name))
  const hint = isBlock ? ` Did you mean to define a block of type ${JSON.stringify(name)}?` : nearest
  return { summary: 'Unsupported argument', detail: `An argument named ${JSON.stringify(name)} is not expected here.${hint}`, subject: nameRange }
}

function unsupportedBlock({ type, typeRange }: Block, schema: BodySchema): Diagnostic {
  const isAttribute = schema.attributes.some(({ name }) => name === type)
  const nearest = findNearestName(type, schema.blocks.map((block) => block.type))
  const hint = isAttribute ? ` Did you mean to define the argument ${JSON.stringify(type)}? Then write an equals sign ("=") after its name.` : nearest
  return { summary: 'Unsupported block type', detail: `Blocks of type ${JSON.stringify(type)} are not expected here.${hint}`, subject: typeRange }
}

function unexpectedBlock({ type, typeRange }: Block): Diagnostic {
  return { summary: `Unexpected ${JSON.stringify(type)} block`, detail: 'Blocks are not allowed here.', subject: typeRange }
}
