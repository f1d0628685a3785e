import { InvalidValueError } from '../../ground/errors.ts'
import { objectList, optionalStringList, parseJsonObject, requiredString, stringMap, type JsonObject } from '../../ground/jsonValue.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import { DRIVER_NAMES, type Builder, type BuilderNode, type DriverName } from './builder.ts'

/*
 * A builder's file: { "name", "driver", "nodes": [{ "name", "endpoint", "platforms": [], "options": {} }] }, made to be
 * read, and to be edited, by people.
 */

/** `path` names the file in errors. @throws InvalidValueError */
export function parseBuilder(text: string, path: string): Builder {
  const fields = parseJsonObject(text, path)
  const nodes = objectList(fields, 'nodes').map(parseNode)
  if (nodes.length === 0) throw new InvalidValueError(`${path} has no nodes`)
  return { name: requiredString(fields, 'name'), driver: parseDriver(fields), nodes }
}

function parseDriver(fields: JsonObject): DriverName {
  const text = requiredString(fields, 'driver')
  const driver = DRIVER_NAMES.find((name) => name === text)
  if (driver === undefined) throw new InvalidValueError(`${fields.path} has an unknown driver: ${JSON.stringify(text)}`)
  return driver
}

function parseNode(fields: JsonObject): BuilderNode {
  return {
    name: requiredString(fields, 'name'),
    endpoint: requiredString(fields, 'endpoint'),
    platforms: (optionalStringList(fields, 'platforms') ?? []).map((text) => parsePlatform(text)),
    options: stringMap(fields, 'options'),
  }
}

export function formatBuilder({ name, driver, nodes }: Builder): string {
  const written = nodes.map((node) => ({ name: node.name, endpoint: node.endpoint, platforms: node.platforms.map(formatPlatform), options: Object.fromEntries(node.options) }))
  return `${JSON.stringify({ name, driver, nodes: written }, undefined, 2)}\n`
}
