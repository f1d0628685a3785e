import type { SourceText } from '../../../ground/sourceSpan.ts'

/** Where something stands in a file. */
export interface Place {
  readonly source: SourceText
  /** Counted in UTF-16 units from the beginning of the text. */
  readonly offset: number
}

/** A value of a file that remembers where it was written, whatever became of it since. */
export type Node = ScalarNode | ListNode | MapNode

interface NodeCommon {
  /** Of the key that leads here, where there is one. */
  readonly place: Place
  /** How it meets what a file before it says: `!reset` takes that away, `!override` stands in its place. */
  readonly tag?: 'reset' | 'override'
  /** Whether it says what would hold without it, and is left out in the end. */
  readonly isDefault?: boolean
}

export interface ScalarNode extends NodeCommon {
  readonly kind: 'scalar'
  /** YAML's null is a value: it may stand for "from the environment". */
  readonly value: string | number | boolean | null
}

export interface ListNode extends NodeCommon {
  readonly kind: 'list'
  readonly items: readonly Node[]
}

export interface MapNode extends NodeCommon {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Node>
}

export function scalar(value: ScalarNode['value'], place: Place): ScalarNode {
  return { kind: 'scalar', value, place }
}

export function list(items: readonly Node[], place: Place): ListNode {
  return { kind: 'list', items, place }
}

export function map(entries: Iterable<readonly [string, Node]>, place: Place): MapNode {
  return { kind: 'map', entries: new Map(entries), place }
}

/** The node at `path` below `node`; undefined where there is none. */
export function nodeAt(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  return path.reduce<Node | undefined>((at, key) => (at?.kind === 'map' ? at.entries.get(key) : undefined), node)
}

export function textAt(node: Node | undefined, ...path: readonly string[]): string | undefined {
  const found = nodeAt(node, ...path)
  return found?.kind === 'scalar' && found.value !== null ? String(found.value) : undefined
}

export function entriesAt(node: Node | undefined, ...path: readonly string[]): ReadonlyMap<string, Node> {
  const found = nodeAt(node, ...path)
  return found?.kind === 'map' ? found.entries : new Map()
}

export function itemsAt(node: Node | undefined, ...path: readonly string[]): readonly Node[] {
  const found = nodeAt(node, ...path)
  return found?.kind === 'list' ? found.items : []
}

export function textsAt(node: Node | undefined, ...path: readonly string[]): readonly string[] {
  return itemsAt(node, ...path).flatMap((item) => textAt(item) ?? [])
}

/** `node` with `value` for `key`; without it where that is undefined. */
export function withEntry(node: MapNode, key: string, value: Node | undefined): MapNode {
  const entries = new Map(node.entries)
  if (value === undefined) entries.delete(key)
  else entries.set(key, value)
  return { ...node, entries }
}

/** Plain data, as JSON has it. */
export type PlainValue = string | number | boolean | null | readonly PlainValue[] | { readonly [key: string]: PlainValue }

export function toPlain(node: Node): PlainValue {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(toPlain)
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, value]) => [key, toPlain(value)]))
  }
}

/** Line and column of a place, counted from 1. */
export function positionOf({ source, offset }: Place): { readonly line: number; readonly column: number } {
  const before = source.text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
