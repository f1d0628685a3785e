import type { ListNode, MapNode, Node, PlainValue, ScalarNode } from '../yaml/node.ts'

/*
 * What a field may hold, as data: one table says what is read, what it is told as where it is wrong, in which form it is
 * kept, and how a later file adds to it. Fields stand in the order in which `docker compose config` prints them.
 */
export type Shape = ScalarShape | ListShape | RecordShape | DictionaryShape | AnyShape

interface ShapeCommon {
  /** Whether null is a value of its own, and not a field that was left empty. */
  readonly isNullable?: boolean
  /** How a later file's value meets an earlier one: without this, maps merge, lists append, and scalars stand in. */
  readonly merge?: 'replace' | ((base: Node, over: Node, mergeInner: (base: Node, over: Node) => Node) => Node)
}

export interface ScalarShape extends ShapeCommon {
  readonly kind: 'scalar'
  /** For people: `a whole number`. */
  readonly what: string
  /** Undefined for what does not fit. Never called with null. */
  readonly read: (value: Exclude<ScalarNode['value'], null>) => ScalarNode['value'] | undefined
  /** What holds where the field is not there, and need not be told. */
  readonly isDefault?: (value: ScalarNode['value']) => boolean
}

export interface ListShape extends ShapeCommon {
  readonly kind: 'list'
  readonly of: Shape
  /** Whether one text stands for a list of it. */
  readonly takesText?: boolean
  /** The list that a text, or a map, stands for; undefined where it stands for none. */
  readonly from?: (node: ScalarNode | MapNode) => ListNode | undefined
  /** The items that an item in short form stands for. @throws InvalidValueError */
  readonly expand?: (item: ScalarNode) => readonly Node[]
  /** Of two items with the same key, the later one stays, in the earlier one's place. */
  readonly keyOf?: (item: Node) => string
  /** Whether the order says nothing: items then stand sorted. */
  readonly isSet?: boolean
  /** Whether an empty list says something. */
  readonly keepsEmpty?: boolean
}

export interface RecordShape extends ShapeCommon {
  readonly kind: 'record'
  readonly fields: ReadonlyMap<string, Shape>
  readonly needed?: readonly string[]
  /** The map that a text, or another scalar, stands for. @throws InvalidValueError */
  readonly short?: (node: ScalarNode) => MapNode | ScalarNode | undefined
  /** What it reads as a whole once its fields are read: fills in what is always told. */
  readonly complete?: (node: MapNode) => MapNode
  /** Whether an empty map is left out. */
  readonly dropsEmpty?: boolean
  /** What JSON has for fields that are not there. */
  readonly absentInJson?: ReadonlyMap<string, PlainValue>
  /** The field that stands for the whole in JSON, where it is the only one. */
  readonly shortInJson?: string
  /** Whether JSON leaves fields out that are zero. */
  readonly dropsZeroInJson?: boolean
}

export interface DictionaryShape extends ShapeCommon {
  readonly kind: 'dictionary'
  readonly of: Shape
  readonly keys?: RegExp
  /** The entries that an item stands for, where a list may be written in the map's place. */
  readonly fromItem?: (item: ScalarNode) => readonly [key: string, value: Node]
  /** What a key without a value has; without this, that is for `of` to say. */
  readonly nullIs?: ''
  readonly keepsEmpty?: boolean
}

export interface AnyShape extends ShapeCommon {
  readonly kind: 'any'
}

export const ANY: AnyShape = { kind: 'any', isNullable: true }

export function record(fields: Readonly<Record<string, Shape>>, options: Omit<RecordShape, 'kind' | 'fields'> = {}): RecordShape {
  return { kind: 'record', fields: new Map(Object.entries(fields)), ...options }
}

export function listOf(of: Shape, options: Omit<ListShape, 'kind' | 'of'> = {}): ListShape {
  return { kind: 'list', of, ...options }
}

export function dictionaryOf(of: Shape, options: Omit<DictionaryShape, 'kind' | 'of'> = {}): DictionaryShape {
  return { kind: 'dictionary', of, ...options }
}
