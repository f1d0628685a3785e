import { InvalidValueError } from './errors.ts'

/** Raw JSON of a peer or a disk, read field by field; every reader throws InvalidValueError that names the path. */
export interface JsonObject {
  readonly path: string
  readonly fields: ReadonlyMap<string, unknown>
}

/** @throws InvalidValueError unless `text` is a JSON object. */
export function parseJsonObject(text: string, what: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InvalidValueError(`${what} is not JSON`, { cause: error })
  }
  return toObject(value, what)
}

/** @throws InvalidValueError */
export function toObject(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidValueError(`${path} is not an object`)
  return { path, fields: new Map(Object.entries(value)) }
}

export function optionalString(object: JsonObject, key: string): string | undefined {
  return optional(object, key, 'a string', (value) => (typeof value === 'string' ? value : undefined))
}

export function requiredString(object: JsonObject, key: string): string {
  return required(object, key, optionalString(object, key))
}

export function optionalNumber(object: JsonObject, key: string): number | undefined {
  return optional(object, key, 'a number', (value) => (typeof value === 'number' ? value : undefined))
}

export function requiredNumber(object: JsonObject, key: string): number {
  return required(object, key, optionalNumber(object, key))
}

export function optionalBoolean(object: JsonObject, key: string): boolean | undefined {
  return optional(object, key, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined))
}

export function optionalObject(object: JsonObject, key: string): JsonObject | undefined {
  const value = object.fields.get(key)
  return value === undefined || value === null ? undefined : toObject(value, `${object.path}.${key}`)
}

export function requiredObject(object: JsonObject, key: string): JsonObject {
  return required(object, key, optionalObject(object, key))
}

/** [] where absent or null. */
export function objectList(object: JsonObject, key: string): readonly JsonObject[] {
  return list(object, key).map((value, index) => toObject(value, `${object.path}.${key}[${index}]`))
}

/** Undefined where absent or null. */
export function optionalStringList(object: JsonObject, key: string): readonly string[] | undefined {
  const value = object.fields.get(key)
  if (value === undefined || value === null) return undefined
  return list(object, key).map((item, index) => {
    if (typeof item !== 'string') throw new InvalidValueError(`${object.path}.${key}[${index}] is not a string`)
    return item
  })
}

/** Empty where absent or null. */
export function stringMap(object: JsonObject, key: string): ReadonlyMap<string, string> {
  const inner = optionalObject(object, key)
  if (inner === undefined) return new Map()
  return new Map([...inner.fields.keys()].map((name) => [name, requiredString(inner, name)]))
}

/** Empty where absent or null. */
export function stringListMap(object: JsonObject, key: string): ReadonlyMap<string, readonly string[]> {
  const inner = optionalObject(object, key)
  if (inner === undefined) return new Map()
  return new Map([...inner.fields.keys()].map((name) => [name, optionalStringList(inner, name) ?? []]))
}

function list(object: JsonObject, key: string): readonly unknown[] {
  const value = object.fields.get(key)
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new InvalidValueError(`${object.path}.${key} is not a list`)
  return value
}

function optional<T>(object: JsonObject, key: string, what: string, read: (value: unknown) => T | undefined): T | undefined {
  const value = object.fields.get(key)
  if (value === undefined || value === null) return undefined
  const result = read(value)
  if (result === undefined) throw new InvalidValueError(`${object.path}.${key} is not ${what}`)
  return result
}

function required<T>(object: JsonObject, key: string, value: T | undefined): T {
  if (value === undefined) throw new InvalidValueError(`${object.path} has no ${key}`)
  return value
}
