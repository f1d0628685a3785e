import { InvalidValueError } from '../../../ground/errors.ts'
import { nearest } from '../../../ground/nearest.ts'
import type { Mistake } from '../mistakes.ts'
import { type ListNode, type MapNode, type Node, scalar, type ScalarNode } from '../yaml/node.ts'
import type { DictionaryShape, ListShape, RecordShape, ScalarShape, Shape } from './shape.ts'

export interface Reading {
  /** What was found wrong is added here, and reading goes on. */
  readonly mistakes: Mistake[]
  /** Whether variables stand as they were written, and may be anything. */
  readonly hasTemplates: boolean
}

/**
 * One document's node in the one form that its shape keeps: short forms written out, texts made numbers where numbers
 * are meant. Empty fields and what is left out are for `finishShape`, once all files are merged.
 */
export function readShape(node: Node, shape: Shape, path: readonly string[], reading: Reading): Node {
  if (node.tag === 'reset' || (node.kind === 'scalar' && node.value === null)) return node
  if (reading.hasTemplates && node.kind === 'scalar' && typeof node.value === 'string' && node.value.includes('$')) return node
  const read = readKind(node, shape, path, reading)
  return node.tag === undefined ? read : { ...read, tag: node.tag }
}

function readKind(node: Node, shape: Shape, path: readonly string[], reading: Reading): Node {
  switch (shape.kind) {
    case 'any':
      return node
    case 'scalar':
      return readScalar(node, shape, path, reading)
    case 'list':
      return readList(node, shape, path, reading)
    case 'record':
      return readRecord(node, shape, path, reading)
    case 'dictionary':
      return readDictionary(node, shape, path, reading)
  }
}

/** The path as people write it: `services.web.ports[0]`. A key that a terminal would obey stands in quotes. */
export function formatPath(path: readonly string[]): string {
  const shown = path.map((key) => (/\p{Cc}/u.test(key) ? JSON.stringify(key) : key))
  return shown.map((key, index) => (index === 0 || key.startsWith('[') ? key : `.${key}`)).join('')
}

function describe(node: Node): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list'
  return typeof node.value === 'string' ? 'a text' : JSON.stringify(node.value)
}

function misfit(node: Node, what: string, path: readonly string[], { mistakes }: Reading): Node {
  const isUnquoted = what === 'a text' && node.kind === 'scalar'
  const given = node.kind === 'scalar' && typeof node.value === 'string' ? JSON.stringify(node.value) : describe(node)
  mistakes.push({ place: node.place, message: `${formatPath(path)} must be ${what}, not ${given}`, hint: isUnquoted ? `put it in quotes: "${String(node.value)}"` : undefined })
  return node
}

function readScalar(node: Node, shape: ScalarShape, path: readonly string[], reading: Reading): Node {
  if (node.kind !== 'scalar' || node.value === null) return misfit(node, shape.what, path, reading)
  const value = shape.read(node.value)
  return value === undefined ? misfit(node, shape.what, path, reading) : { ...node, value }
}

/** What `read` gives; where it throws, that is a mistake of `node`'s. */
function attempt<T>(node: Node, path: readonly string[], { mistakes }: Reading, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error
    mistakes.push({ place: node.place, message: `${formatPath(path)}: ${error.message}`, hint: error.hint })
    return undefined
  }
}

function readList(node: Node, shape: ListShape, path: readonly string[], reading: Reading): Node {
  const before = reading.mistakes.length
  const whole = node.kind === 'list' ? node : attempt(node, path, reading, () => listInstead(node, shape))
  if (whole === undefined) return reading.mistakes.length > before ? node : misfit(node, shape.takesText === true ? 'a text or a list' : 'a list', path, reading)
  const items = whole.items.flatMap((item, index) => {
    const itemPath = [...path, `[${index}]`]
    const isTemplate = reading.hasTemplates && item.kind === 'scalar' && String(item.value).includes('$')
    const expanded = shape.expand === undefined || item.kind !== 'scalar' || item.value === null || isTemplate ? [item] : (attempt(item, itemPath, reading, () => shape.expand?.(item)) ?? [])
    return expanded.map((one) => readShape(one, shape.of, itemPath, reading))
  })
  return { ...whole, items: withoutRepeats(items, shape) }
}

function listInstead(node: ScalarNode | MapNode, shape: ListShape): ListNode | undefined {
  const made = shape.from?.(node)
  return made ?? (shape.takesText === true && node.kind === 'scalar' && typeof node.value === 'string' ? { kind: 'list', items: [node], place: node.place } : undefined)
}

/** Of items with the same key, the last one, where the first one stood. */
export function withoutRepeats(items: readonly Node[], { keyOf }: ListShape): readonly Node[] {
  if (keyOf === undefined) return items
  return [...new Map(items.map((item, index) => [keyOf(item) || `[${index}]`, item])).values()]
}

function readRecord(node: Node, shape: RecordShape, path: readonly string[], reading: Reading): Node {
  const before = reading.mistakes.length
  const whole = node.kind === 'scalar' ? attempt(node, path, reading, () => shape.short?.(node)) : node
  if (whole?.kind === 'scalar') return whole
  if (whole?.kind !== 'map') return reading.mistakes.length > before ? node : misfit(node, shape.short === undefined ? 'a map' : 'a text or a map', path, reading)
  const entries = [...whole.entries].map(([key, value]): readonly [string, Node] => {
    const field = shape.fields.get(key)
    if (field !== undefined) return [key, readShape(value, field, [...path, key], reading)]
    if (!key.startsWith('x-')) reading.mistakes.push(unknownKey(key, value, shape, path))
    return [key, value]
  })
  return { ...whole, entries: new Map(entries) }
}

function unknownKey(key: string, value: Node, shape: RecordShape, path: readonly string[]): Mistake {
  const close = nearest(key, [...shape.fields.keys()])
  const hint = close === undefined ? 'names of your own begin with x-' : `did you mean ${close}?`
  return { place: value.place, message: `${formatPath([...path, key])} is no field of the Compose specification`, hint }
}

function readDictionary(node: Node, shape: DictionaryShape, path: readonly string[], reading: Reading): Node {
  const pairs = pairsOf(node, shape, path, reading)
  if (pairs === undefined) return misfit(node, shape.fromItem === undefined ? 'a map' : 'a map or a list', path, reading)
  const entries = pairs.map(([key, value]): readonly [string, Node] => {
    if (shape.keys?.test(key) === false) reading.mistakes.push({ place: value.place, message: `${formatPath(path)}: ${JSON.stringify(key)} is no name`, hint: 'write letters, digits, and ._-' })
    const filled = shape.nullIs !== undefined && value.kind === 'scalar' && value.value === null && value.tag === undefined ? { ...value, value: shape.nullIs } : value
    return [key, readShape(filled, shape.of, [...path, key], reading)]
  })
  return { kind: 'map', entries: new Map(entries), place: node.place }
}

function pairsOf(node: Node, shape: DictionaryShape, path: readonly string[], reading: Reading): readonly (readonly [string, Node])[] | undefined {
  if (node.kind === 'map') return [...node.entries]
  if (node.kind === 'scalar' || shape.fromItem === undefined) return undefined
  const { fromItem } = shape
  return node.items.flatMap((item, index) => {
    if (item.kind === 'scalar' && typeof item.value === 'string') return [fromItem(item)]
    misfit(item.kind === 'scalar' && item.value === null ? scalar('', item.place) : item, 'a text', [...path, `[${index}]`], reading)
    return []
  })
}
