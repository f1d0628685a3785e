import { type MapNode, type Node, type PlainValue, toPlain } from '../yaml/node.ts'
import type { RecordShape, Shape } from './shape.ts'

/**
 * A finished node as Docker Compose has it in JSON, which is what its hashes are of: fields in the same order, without
 * the extensions of fields, and with a few that are always there.
 */
export function jsonForm(node: Node, shape: Shape): PlainValue {
  if (shape.kind === 'record' && node.kind === 'map') return recordForm(node, shape)
  if (shape.kind === 'list' && node.kind === 'list') return node.items.map((item) => jsonForm(item, shape.of))
  if (shape.kind === 'dictionary' && node.kind === 'map') return Object.fromEntries([...node.entries].map(([key, value]) => [key, jsonForm(value, shape.of)]))
  return toPlain(node)
}

function recordForm(node: MapNode, shape: RecordShape): PlainValue {
  const short = shape.shortInJson === undefined || node.entries.size > 1 ? undefined : node.entries.get(shape.shortInJson)
  if (short !== undefined) return toPlain(short)
  return Object.fromEntries(
    [...shape.fields].flatMap(([key, field]): readonly (readonly [string, PlainValue])[] => {
      const value = node.entries.get(key)
      const absent = shape.absentInJson?.get(key)
      if (value === undefined) return absent === undefined ? [] : [[key, absent]]
      const form = jsonForm(value, field)
      return shape.dropsZeroInJson === true && form === 0 ? [] : [[key, form]]
    }),
  )
}
