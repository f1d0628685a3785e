import { fromInteger, type BigFloat } from './bigFloat.ts'
import { ANY, BOOL, listOf, mapOf, NUMBER, objectOf, setOf, sortByName, STRING, tupleOf, type Type } from './type.ts'

/** A value of HCL (cty's). There are no unknown ones: what cannot be evaluated is an error. */
export type Value = StringValue | NumberValue | BoolValue | NullValue | ListValue | SetValue | MapValue | TupleValue | ObjectValue

export interface StringValue {
  readonly kind: 'string'
  /** In Unicode's composed form (NFC). */
  readonly value: string
}
export interface NumberValue {
  readonly kind: 'number'
  readonly value: BigFloat
}
export interface BoolValue {
  readonly kind: 'bool'
  readonly value: boolean
}
export interface NullValue {
  readonly kind: 'null'
  readonly type: Type
}
export interface ListValue {
  readonly kind: 'list'
  readonly elementType: Type
  readonly elements: readonly Value[]
}
export interface SetValue {
  readonly kind: 'set'
  readonly elementType: Type
  /** Each once, in the order of `setOrder.ts`; made by `makeSet` there. */
  readonly elements: readonly Value[]
}
export interface MapValue {
  readonly kind: 'map'
  readonly elementType: Type
  /** Sorted by key. */
  readonly entries: ReadonlyMap<string, Value>
}
export interface TupleValue {
  readonly kind: 'tuple'
  readonly elements: readonly Value[]
}
export interface ObjectValue {
  readonly kind: 'object'
  /** Sorted by name. */
  readonly entries: ReadonlyMap<string, Value>
}

export const TRUE: BoolValue = { kind: 'bool', value: true }
export const FALSE: BoolValue = { kind: 'bool', value: false }
/** The `null` that stands in a file. */
export const NULL: NullValue = { kind: 'null', type: ANY }

export function string(value: string): StringValue {
  return { kind: 'string', value: value.normalize('NFC') }
}
export function number(value: BigFloat): NumberValue {
  return { kind: 'number', value }
}
export function integer(value: bigint | number): NumberValue {
  return { kind: 'number', value: fromInteger(value) }
}
export function bool(value: boolean): BoolValue {
  return value ? TRUE : FALSE
}
export function nullOf(type: Type): NullValue {
  return { kind: 'null', type }
}
/** @param elements all of `elementType` */
export function list(elementType: Type, elements: readonly Value[]): ListValue {
  return { kind: 'list', elementType, elements }
}
export function map(elementType: Type, entries: Iterable<readonly [string, Value]>): MapValue {
  return { kind: 'map', elementType, entries: sortByName(entries) }
}
export function tuple(elements: readonly Value[]): TupleValue {
  return { kind: 'tuple', elements }
}
export function object(entries: Iterable<readonly [string, Value]>): ObjectValue {
  return { kind: 'object', entries: sortByName(entries) }
}

export function typeOf(value: Value): Type {
  switch (value.kind) {
    case 'string':
      return STRING
    case 'number':
      return NUMBER
    case 'bool':
      return BOOL
    case 'null':
      return value.type
    case 'list':
      return listOf(value.elementType)
    case 'set':
      return setOf(value.elementType)
    case 'map':
      return mapOf(value.elementType)
    case 'tuple':
      return tupleOf(value.elements.map(typeOf))
    case 'object':
      return objectOf([...value.entries].map(([name, attribute]) => [name, typeOf(attribute)]))
  }
}

/** What a `for` goes through: keys and values in order. Of a set, the key is the value. Undefined for what has no elements. */
export function elementsOf(value: Value): readonly (readonly [key: Value, element: Value])[] | undefined {
  switch (value.kind) {
    case 'list':
    case 'tuple':
      return value.elements.map((element, index) => [integer(index), element])
    case 'set':
      return value.elements.map((element) => [element, element])
    case 'map':
    case 'object':
      return [...value.entries].map(([key, element]) => [string(key), element])
    case 'string':
    case 'number':
    case 'bool':
    case 'null':
      return undefined
  }
}

