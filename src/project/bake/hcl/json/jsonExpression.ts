import { HclError, type Diagnostic } from '../diagnostic.ts'
import type { Expression } from '../syntax/expression.ts'
import { parseExpression } from '../syntax/expressionParser.ts'
import { parseWholeTemplate, textExpression } from '../syntax/templateParser.ts'
import { createTokenReader } from '../syntax/tokenReader.ts'
import { formatRange, type SourceRange } from '../sourceRange.ts'
import type { JsonNode, JsonObject, JsonText } from './jsonNode.ts'

/** A JSON value as an expression: strings, and names in objects, are templates. Templates with mistakes are told, and taken as text. */
export function toExpression(node: JsonNode, diagnostics: Diagnostic[]): Expression {
  switch (node.kind) {
    case 'scalar':
      return { kind: 'literal', value: node.value, range: node.range }
    case 'text':
      return toTemplate(node, diagnostics)
    case 'array':
      return { kind: 'tuple', elements: node.items.map((item) => toExpression(item, diagnostics)), range: node.range }
    case 'object':
      tellRepetitions(node, diagnostics)
      return {
        kind: 'object',
        items: node.properties.map(({ name, value }) => ({ key: toTemplate(name, diagnostics), value: toExpression(value, diagnostics) })),
        range: node.range,
      }
  }
}

function tellRepetitions({ properties }: JsonObject, diagnostics: Diagnostic[]): void {
  const ranges = new Map<string, SourceRange>()
  for (const { name } of properties) {
    const before = ranges.get(name.text)
    if (before === undefined) ranges.set(name.text, name.range)
    else diagnostics.push({ summary: 'Duplicate object attribute', detail: `An attribute named ${JSON.stringify(name.text)} was already defined at ${formatRange(before)}.`, subject: name.range })
  }
}

function toTemplate({ text, range }: JsonText, diagnostics: Diagnostic[]): Expression {
  // without escapes the text stands in the file as it is, and places in it are exact
  const isExact = range.end - range.start - 2 === text.length
  const reader = createTokenReader(text, (start, end) => (isExact ? { source: range.source, start: range.start + 1 + start, end: range.start + 1 + end } : range))
  try {
    const template = parseWholeTemplate(reader, parseExpression)
    return template.kind === 'template' ? { ...template, range, jsonText: text } : { ...template, range }
  } catch (error) {
    if (!(error instanceof HclError)) throw error
    diagnostics.push(...error.diagnostics)
    return { kind: 'template', parts: [textExpression(text, range)], range }
  }
}
