import { withEnvFiles, type Environment } from '../environment.ts'
import { parseDotenv } from '../dotenv/parseDotenv.ts'
import { ProjectFileMissingError, type ProjectFiles } from '../projectFiles.ts'
import { entriesAt, itemsAt, type MapNode, map, type Node, scalar, textAt, textsAt, withEntry } from '../yaml/node.ts'

/** `model` with variables that have no value taken from the project's environment, where it has them: of services and of builds. */
export function resolveVariables(model: MapNode, environment: Environment): MapNode {
  return changeServices(model, (service) => {
    const own = withVariables(service, 'environment', environment)
    const build = own.entries.get('build')
    return build?.kind === 'map' ? withEntry(own, 'build', withoutUnset(withVariables(build, 'args', environment), 'args')) : own
  })
}

export function changeServices(model: MapNode, change: (service: MapNode, name: string) => MapNode): MapNode {
  const services = model.entries.get('services')
  if (services?.kind !== 'map') return model
  const changed = [...services.entries].map(([name, service]): readonly [string, Node] => [name, service.kind === 'map' ? change(service, name) : service])
  return withEntry(model, 'services', { ...services, entries: new Map(changed) })
}

function withVariables(node: MapNode, key: string, environment: Environment): MapNode {
  const variables = node.entries.get(key)
  if (variables?.kind !== 'map') return node
  const resolved = [...variables.entries].map(([name, value]): readonly [string, Node] => {
    const found = value.kind === 'scalar' && value.value === null ? environment.get(name) : undefined
    return [name, found === undefined ? value : scalar(found, value.place)]
  })
  return withEntry(node, key, { ...variables, entries: new Map(resolved) })
}

function withoutUnset(node: MapNode, key: string): MapNode {
  const variables = node.entries.get(key)
  if (variables?.kind !== 'map') return node
  const set = [...variables.entries].filter(([, value]) => value.kind !== 'scalar' || value.value !== null)
  return withEntry(node, key, set.length === 0 ? undefined : { ...variables, entries: new Map(set) })
}

/**
 * `model` with what the services' env files and label files say, in the place of these files. What a service says
 * itself wins.
 * @throws ProjectFileMissingError; EnvFileError
 */
export async function readServiceFiles(model: MapNode, environment: Environment, files: ProjectFiles, signal: AbortSignal): Promise<MapNode> {
  const read = new Map<string, MapNode>()
  for (const [name, service] of entriesAt(model, 'services')) {
    if (service.kind === 'map') read.set(name, await withLabelFiles(await withServiceEnvFiles(service, { environment, files }, signal), files, signal))
  }
  return changeServices(model, (service, name) => read.get(name) ?? service)
}

interface FileReading {
  readonly environment: Environment
  readonly files: ProjectFiles
}

async function withServiceEnvFiles(service: MapNode, { environment, files }: FileReading, signal: AbortSignal): Promise<MapNode> {
  const told = entriesAt(service, 'environment')
  const said = new Map<string, Node>()
  const ownValue = (name: string): string | undefined => environment.get(name) ?? textAt(told.get(name))
  for (const file of itemsAt(service, 'env_file')) {
    const path = textAt(file, 'path') ?? ''
    const text = await files.readText(path, signal)
    if (text === undefined && textAt(file, 'required') === 'false') continue
    if (text === undefined) throw new ProjectFileMissingError(path, 'env file', 'write required: false where it may be missing')
    const source = { filename: path, text }
    const variables = textAt(file, 'format') === 'raw' ? parseRaw(text, ownValue) : parseDotenv(source, (name) => ownValue(name) ?? textAt(said.get(name)))
    for (const [name, value] of variables) said.set(name, scalar(value, file.place))
  }
  const without = withEntry(service, 'env_file', undefined)
  if (said.size === 0) return without
  return withEntry(without, 'environment', map([...new Map([...said, ...told])].sort(([a], [b]) => (a < b ? -1 : 1)), service.place))
}

/** As `docker run --env-file`: a line is a variable, and nothing in it means anything. */
function parseRaw(text: string, lookup: (name: string) => string | undefined): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).map((line) => line.trimStart()).filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.flatMap((line) => {
      const sign = line.indexOf('=')
      const value = sign < 0 ? lookup(line) : line.slice(sign + 1)
      return value === undefined ? [] : [[sign < 0 ? line : line.slice(0, sign), value] as const]
    }),
  )
}

async function withLabelFiles(service: MapNode, files: ProjectFiles, signal: AbortSignal): Promise<MapNode> {
  const paths = textsAt(service, 'label_file')
  if (paths.length === 0) return service
  const said = await withEnvFiles(new Map(), paths, files, signal)
  const labels = new Map<string, Node>([...[...said].map(([name, value]) => [name, scalar(value, service.place)] as const), ...entriesAt(service, 'labels')])
  return withEntry(withEntry(service, 'label_file', undefined), 'labels', map([...labels].sort(([a], [b]) => (a < b ? -1 : 1)), service.place))
}
