import { InvalidValueError } from '../../../ground/errors.ts'
import type { Mistake } from '../mistakes.ts'
import type { MapNode, Node } from '../yaml/node.ts'
import { type Scope, substitute } from './template.ts'

/** `node` with the variables of its texts replaced: of values, not of keys. What cannot be is added to `mistakes`. */
export function interpolate(node: Node, scope: Scope, mistakes: Mistake[], path: readonly string[] = []): Node {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'string' ? { ...node, value: substituteAt(node, node.value, scope, { mistakes, path }) } : node
    case 'list':
      return { ...node, items: node.items.map((item, index) => interpolate(item, scope, mistakes, [...path, `[${index}]`])) }
    case 'map':
      return interpolateMap(node, scope, mistakes, path)
  }
}

export function interpolateMap(node: MapNode, scope: Scope, mistakes: Mistake[], path: readonly string[] = []): MapNode {
  return { ...node, entries: new Map([...node.entries].map(([key, value]) => [key, interpolate(value, scope, mistakes, [...path, key])])) }
}

function substituteAt({ place }: Node, text: string, scope: Scope, { mistakes, path }: { readonly mistakes: Mistake[]; readonly path: readonly string[] }): string {
  try {
    return substitute(text, scope)
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error
    mistakes.push({ place, message: `${path.join('.')}: ${error.message}`, hint: error.hint })
    return text
  }
}
