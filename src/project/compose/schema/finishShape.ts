import type { Mistake } from '../mistakes.ts'
import { type MapNode, type Node, type ScalarNode, textAt } from '../yaml/node.ts'
import { formatPath } from './readShape.ts'
import type { DictionaryShape, ListShape, RecordShape, Shape } from './shape.ts'

/**
 * The merged node as it is told in the end: what was reset is gone, what says nothing is left out, what is always told is
 * filled in, fields stand in their order. Adds to `mistakes` what is needed and not there, and fields left empty.
 * Undefined where nothing is left of it.
 */
export function finishShape(node: Node, shape: Shape, path: readonly string[], mistakes: Mistake[]): Node | undefined {
  if (node.tag === 'reset') return undefined
  if (shape.kind === 'any') return withoutTags(node)
  switch (node.kind) {
    case 'scalar':
      return isDefault(node, shape) ? { ...node, isDefault: true } : node
    case 'list':
      return shape.kind === 'list' ? finishList(node, shape, path, mistakes) : node
    case 'map':
      return shape.kind === 'record' ? finishRecord(node, shape, path, mistakes) : shape.kind === 'dictionary' ? finishDictionary(node, shape, path, mistakes) : node
  }
}

function isDefault({ value }: ScalarNode, shape: Shape): boolean {
  return value !== null && shape.kind === 'scalar' && shape.isDefault?.(value) === true
}

const isNull = (node: Node): boolean => node.kind === 'scalar' && node.value === null

function emptyField(node: Node, path: readonly string[]): Mistake {
  return { place: node.place, message: `${formatPath(path)} is empty`, hint: 'give it a value, or leave it out' }
}

function finishList(node: Extract<Node, { kind: 'list' }>, shape: ListShape, path: readonly string[], mistakes: Mistake[]): Node {
  const items = node.items.flatMap((item, index) => {
    const itemPath = [...path, `[${index}]`]
    if (isNull(item) && item.tag === undefined) mistakes.push(emptyField(item, itemPath))
    return finishShape(item, shape.of, itemPath, mistakes) ?? []
  })
  const told = shape.isSet === true ? items.toSorted((a, b) => ((textAt(a) ?? '') < (textAt(b) ?? '') ? -1 : 1)) : items
  return { kind: 'list', items: told, place: node.place, ...(items.length === 0 && shape.keepsEmpty !== true ? { isDefault: true } : {}) }
}

function finishRecord(node: MapNode, shape: RecordShape, path: readonly string[], mistakes: Mistake[]): Node {
  for (const key of shape.needed ?? []) {
    const value = node.entries.get(key)
    if (value === undefined || value.tag === 'reset') mistakes.push({ place: node.place, message: `${formatPath(path)} needs ${key}` })
  }
  const completed = shape.complete?.(node) ?? node
  const known = [...shape.fields].flatMap(([key, field]): readonly (readonly [string, Node])[] => {
    const value = completed.entries.get(key)
    if (value === undefined) return []
    if (isNull(value) && value.tag === undefined && field.isNullable !== true) mistakes.push(emptyField(value, [...path, key]))
    const finished = isNull(value) ? undefined : finishShape(value, field, [...path, key], mistakes)
    return finished === undefined || finished.isDefault === true ? [] : [[key, finished]]
  })
  const own = [...completed.entries].filter(([key]) => !shape.fields.has(key)).sort(byKey).flatMap(([key, value]) => (value.tag === 'reset' ? [] : [[key, withoutTags(value)] as const]))
  const entries = new Map([...known, ...own])
  return { kind: 'map', entries, place: node.place, ...(entries.size === 0 && shape.dropsEmpty === true ? { isDefault: true } : {}) }
}

function finishDictionary(node: MapNode, shape: DictionaryShape, path: readonly string[], mistakes: Mistake[]): Node {
  const entries = [...node.entries].sort(byKey).flatMap(([key, value]): readonly (readonly [string, Node])[] => {
    if (isNull(value) && value.tag === undefined && shape.of.isNullable !== true) mistakes.push(emptyField(value, [...path, key]))
    const finished = finishShape(value, shape.of, [...path, key], mistakes)
    return finished === undefined ? [] : [[key, finished]]
  })
  return { kind: 'map', entries: new Map(entries), place: node.place, ...(entries.length === 0 && shape.keepsEmpty !== true ? { isDefault: true } : {}) }
}

function byKey([a]: readonly [string, Node], [b]: readonly [string, Node]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function withoutTags(node: Node): Node {
  switch (node.kind) {
    case 'scalar':
      return { kind: 'scalar', value: node.value, place: node.place }
    case 'list':
      return { kind: 'list', items: node.items.filter(({ tag }) => tag !== 'reset').map(withoutTags), place: node.place }
    case 'map':
      return { kind: 'map', entries: new Map([...node.entries].filter(([, { tag }]) => tag !== 'reset').map(([key, value]) => [key, withoutTags(value)])), place: node.place }
  }
}
