import { withoutRepeats } from '../schema/readShape.ts'
import { ANY, type RecordShape, type Shape } from '../schema/shape.ts'
import type { MapNode, Node } from '../yaml/node.ts'

/**
 * `base` as a later file's `over` changes it. Compose specification, "Merge and override": maps merge, lists append, and
 * what their shapes say otherwise; `!reset` and `!override` stay marked, for the files before.
 */
export function mergeNodes(base: Node, over: Node, shape: Shape): Node {
  if (over.tag !== undefined || base.tag === 'reset') return over
  if (over.kind === 'scalar' && over.value === null) return takesNull(shape) ? over : base
  if (base.kind === 'scalar' && base.value === null) return over
  const { merge } = shape
  if (merge === 'replace') return over
  if (merge !== undefined) return { ...merge(base, over, (a, b) => mergeInner(a, b, shape)), ...keptTag(base) }
  return mergeAlike(base, over, shape)
}

/** What a shape's own rule merges by: fields of its maps, and items of its lists. */
function mergeInner(base: Node, over: Node, shape: Shape): Node {
  return shape.kind === 'list' ? mergeNodes(base, over, shape.of) : mergeAlike(base, over, shape)
}

function takesNull(shape: Shape): boolean {
  return shape.merge === 'replace' || (shape.kind === 'scalar' && shape.isNullable === true)
}

function mergeAlike(base: Node, over: Node, shape: Shape): Node {
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over, shape)
  if (base.kind === 'list' && over.kind === 'list') {
    const items = [...base.items, ...over.items]
    return { ...base, items: shape.kind === 'list' ? withoutRepeats(items, shape) : items }
  }
  return over
}

function mergeMaps(base: MapNode, over: MapNode, shape: Shape): MapNode {
  const entries = new Map(base.entries)
  for (const [key, value] of over.entries) {
    const before = entries.get(key)
    entries.set(key, before === undefined ? value : mergeNodes(before, value, shapeOf(shape, key)))
  }
  return { ...base, entries }
}

function shapeOf(shape: Shape, key: string): Shape {
  if (shape.kind === 'record') return (shape satisfies RecordShape).fields.get(key) ?? ANY
  return shape.kind === 'dictionary' ? shape.of : ANY
}

function keptTag({ tag }: Node): { readonly tag?: 'reset' | 'override' } {
  return tag === undefined ? {} : { tag }
}
