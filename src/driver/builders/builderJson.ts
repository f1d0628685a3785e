import { InvalidValueError } from '../../ground/errors.ts'
import { objectList, optionalString, optionalStringList, parseJsonObject, requiredString, stringMap, type JsonObject } from '../../ground/jsonValue.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import { DRIVER_NAMES, type Builder, type BuilderNode, type DriverName } from './builder.ts'

/*
 * A builder's file: { "name", "nodes": [{ "name", "driver", "endpoint", "platforms": [], "options": {}, "flags": [],
 * "files": {} }] }, made to be read, and to be edited, by people. Of a node, what is empty is left out. A driver that
 * stands beside "nodes" is that of all nodes that name none.
 */

/** `path` names the file in errors. @throws InvalidValueError */
export function parseBuilder(text: string, path: string): Builder {
  const fields = parseJsonObject(text, path)
  const common = optionalString(fields, 'driver')
  const [first, ...rest] = objectList(fields, 'nodes').map((node) => parseNode(node, common))
  if (first === undefined) throw new InvalidValueError(`${path} has no nodes`)
  const nodes: Builder['nodes'] = [first, ...rest]
  const twice = nodes.find(({ name }, index) => nodes.findIndex((node) => node.name === name) !== index)
  if (twice !== undefined) throw new InvalidValueError(`${path} has two nodes ${JSON.stringify(twice.name)}`)
  return { name: requiredString(fields, 'name'), nodes }
}

function parseNode(fields: JsonObject, common: string | undefined): BuilderNode {
  return {
    name: requiredString(fields, 'name'),
    driver: parseDriver(optionalString(fields, 'driver') ?? common ?? requiredString(fields, 'driver'), fields.path),
    endpoint: requiredString(fields, 'endpoint'),
    platforms: (optionalStringList(fields, 'platforms') ?? []).map((text) => parsePlatform(text)),
    options: stringMap(fields, 'options'),
    flags: optionalStringList(fields, 'flags') ?? [],
    files: stringMap(fields, 'files'),
  }
}

function parseDriver(text: string, path: string): DriverName {
  const driver = DRIVER_NAMES.find((name) => name === text)
  if (driver === undefined) throw new InvalidValueError(`${path} has an unknown driver: ${JSON.stringify(text)}`)
  return driver
}

export function formatBuilder({ name, nodes }: Builder): string {
  return `${JSON.stringify({ name, nodes: nodes.map(writtenNode) }, undefined, 2)}\n`
}

function writtenNode({ name, driver, endpoint, platforms, options, flags, files }: BuilderNode): Readonly<Record<string, unknown>> {
  return {
    name,
    driver,
    endpoint,
    ...(platforms.length > 0 && { platforms: platforms.map(formatPlatform) }),
    ...(options.size > 0 && { options: Object.fromEntries(options) }),
    ...(flags.length > 0 && { flags }),
    ...(files.size > 0 && { files: Object.fromEntries(files) }),
  }
}
