import { InvalidValueError } from '../../../ground/errors.ts'
import type { Node } from '../yaml/node.ts'
import { parseTemplate, type TemplatePart } from './template.ts'

/** A variable as it stands in a file. */
export interface TemplateVariable {
  readonly name: string
  readonly isRequired: boolean
  /** Of `:-` and `-`; '' where there is none. */
  readonly defaultValue: string
  /** Of `:+` and `+`; '' where there is none. */
  readonly alternateValue: string
}

/** The variables in the texts of `node`, those of defaults too, sorted by name. A text that is no template has none. */
export function variablesOf(node: Node): readonly TemplateVariable[] {
  const found = new Map<string, TemplateVariable>()
  collect(node, found)
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function collect(node: Node, found: Map<string, TemplateVariable>): void {
  if (node.kind === 'scalar') collectParts(partsOf(String(node.value)), found)
  else for (const inner of node.kind === 'list' ? node.items : node.entries.values()) collect(inner, found)
}

function partsOf(text: string): readonly TemplatePart[] {
  try {
    return parseTemplate(text)
  } catch (error) {
    if (error instanceof InvalidValueError) return []
    throw error
  }
}

function collectParts(parts: readonly TemplatePart[], found: Map<string, TemplateVariable>): void {
  for (const part of parts) {
    if (part.kind === 'text') continue
    const { name, rule } = part
    found.set(name, { name, isRequired: rule?.operator === '?', defaultValue: rule?.operator === '-' ? rule.wordText : '', alternateValue: rule?.operator === '+' ? rule.wordText : '' })
    collectParts(rule?.word ?? [], found)
  }
}
