import { stringify } from 'yaml'
import { formatGoJson } from '../../ground/goJson.ts'
import { PROJECT } from '../../project/compose/schema/projectShape.ts'
import { jsonForm } from '../../project/compose/schema/jsonForm.ts'
import type { ComposeProject } from '../../project/compose/composeProject.ts'
import { type MapNode, type Node, type PlainValue, toPlain } from '../../project/compose/yaml/node.ts'

export type ConfigFormat = 'yaml' | 'json'

/** A project in the form of `docker compose config`, which any Compose reads again: dollar signs are doubled where variables are replaced already. */
export function formatConfig({ model }: Pick<ComposeProject, 'model'>, format: ConfigFormat, hasTemplates: boolean): string {
  const shown = hasTemplates ? model : escapeMap(model)
  return formatData(format === 'json' ? projectJson(shown) : toPlain(shown), format)
}

/** Sorted, with the extensions of the project itself. */
function projectJson(model: MapNode): PlainValue {
  const extensions = [...model.entries].filter(([key]) => key.startsWith('x-')).map(([key, value]) => [key, toPlain(value)] as const)
  const fields = Object.entries(jsonForm(model, PROJECT) as Readonly<Record<string, PlainValue>>)
  return Object.fromEntries([...fields, ...extensions].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function formatData(data: PlainValue, format: ConfigFormat): string {
  if (format === 'json') return `${formatGoJson(data, 'indented')}\n`
  // words that older readers take for booleans stand in quotes
  return stringify(data, { lineWidth: 0, compat: 'yaml-1.1', nullStr: 'null', aliasDuplicateObjects: false })
}

function escapeMap(node: MapNode): MapNode {
  return { ...node, entries: new Map([...node.entries].map(([key, value]) => [escapeText(key), escapeNode(value)])) }
}

function escapeNode(node: Node): Node {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'string' ? { ...node, value: escapeText(node.value) } : node
    case 'list':
      return { ...node, items: node.items.map(escapeNode) }
    case 'map':
      return escapeMap(node)
  }
}

function escapeText(text: string): string {
  return text.replaceAll('$', '$$$$')
}
