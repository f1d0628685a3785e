import { loadModel } from '../merge/loadModel.ts'
import type { Loading } from '../merge/loading.ts'
import { resolvePaths } from '../merge/paths.ts'
import { ComposeFileError } from '../mistakes.ts'
import { changeServices, readServiceFiles } from '../model/serviceEnvironment.ts'
import type { Environment } from '../environment.ts'
import type { ProjectFiles } from '../projectFiles.ts'
import { entriesAt, itemsAt, map, type MapNode, type Node, nodeAt, textAt, withEntry } from '../yaml/node.ts'
import { type BuildFields, buildFields } from './buildFields.ts'
import { grantedSecrets } from './secrets.ts'

/** A service as bake sees it: its own `build`, what `x-bake` adds to that, and nothing that Compose would add. */
export interface BakeService extends BuildFields {
  readonly name: string
  readonly platforms: readonly string[]
  readonly secrets: readonly string[]
  /** Undefined where nothing is said. */
  readonly pullSaid: boolean | undefined
  readonly noCacheSaid: boolean | undefined
}

export interface BakeSources {
  /** Where relative paths are seen from: '' is where the command was called. */
  readonly folder: string
  readonly environment: Environment
  readonly files: ProjectFiles
  readonly warn: (text: string) => void
}

/** What of a service has to do with its build. */
const SERVICE_FIELDS: ReadonlySet<string> = new Set(['image', 'build', 'environment', 'env_file', 'extends'])
const PROJECT_FIELDS: ReadonlySet<string> = new Set(['services', 'secrets', 'include'])

/**
 * The services of Compose files that have `build`, by buildx's rules: whatever their profiles, and without a look at the
 * rest of the files.
 * @throws ComposeFileError; ProjectFileMissingError; EnvFileError
 */
export async function readBakeServices(paths: readonly string[], { folder, environment, files, warn }: BakeSources, signal: AbortSignal): Promise<readonly BakeService[]> {
  const loading: Loading = { files, interpolates: true, select: onlyBuilds, mistakes: [], warn, signal }
  const merged = await loadModel(paths, { folder, environment, includedBy: [] }, loading)
  if (loading.mistakes.length > 0) throw new ComposeFileError(loading.mistakes)
  if (!merged.entries.has('services') && !merged.entries.has('secrets')) throw new ComposeFileError([{ place: merged.place, message: 'no services in this Compose file' }])
  const placed = resolvePaths(merged, { folder, home: files.home })
  const model = await readServiceFiles(placed, environment, files, signal)
  const withArgs = changeServices(model, (service) => withResolvedArgs(service, environment))
  const { mistakes } = loading
  const services = [...entriesAt(withArgs, 'services')].flatMap(([name, service]) => {
    const build = nodeAt(service, 'build')
    if (build === undefined && nodeAt(service, 'image') === undefined) mistakes.push({ place: service.place, message: `services.${name} has neither image nor build` })
    return build === undefined ? [] : [bakeService(name, { service, build }, { model: withArgs, environment }, loading)]
  })
  if (mistakes.length > 0) throw new ComposeFileError(mistakes)
  return services
}

function onlyBuilds(document: MapNode): MapNode {
  const services = document.entries.get('services')
  const kept = map([...document.entries].filter(([key]) => PROJECT_FIELDS.has(key)), document.place)
  if (services?.kind !== 'map') return kept
  const narrowed = [...services.entries].map(([name, service]): readonly [string, Node] => [name, narrow(service)])
  return withEntry(kept, 'services', { ...services, entries: new Map(narrowed) })
}

/** One without a body is one without a build. */
function narrow(service: Node): Node {
  if (service.kind === 'scalar' && service.value === null && service.tag === undefined) return map([], service.place)
  return service.kind === 'map' ? { ...service, entries: new Map([...service.entries].filter(([key]) => SERVICE_FIELDS.has(key))) } : service
}

/** Of the service's environment first. */
function withResolvedArgs(service: MapNode, environment: Environment): MapNode {
  const build = service.entries.get('build')
  const args = nodeAt(build, 'args')
  if (build?.kind !== 'map' || args?.kind !== 'map') return service
  const resolved = [...args.entries].map(([name, value]): readonly [string, Node] => {
    if (value.kind !== 'scalar' || value.value !== null) return [name, value]
    return [name, { ...value, value: textAt(service, 'environment', name) ?? environment.get(name) ?? null }]
  })
  return withEntry(service, 'build', withEntry(build, 'args', { ...args, entries: new Map(resolved) }))
}

function bakeService(name: string, { service, build }: { readonly service: Node; readonly build: Node }, project: Parameters<typeof grantedSecrets>[0], { mistakes }: Loading): BakeService {
  const fields = buildFields(build)
  const extension = nodeAt(build, 'x-bake')
  const image = textAt(service, 'image')
  const { secrets } = grantedSecrets(project, build, 'source', { path: `services.${name}.build`, mistakes })
  const also = (key: string): readonly string[] => words(nodeAt(extension, key))
  const tags = unique(fields.tags, also('tags'))
  const said = (key: string, own: boolean): boolean | undefined => (textAt(extension, key) === undefined ? (own ? true : undefined) : textAt(extension, key) === 'true')
  return {
    ...fields,
    name: targetName(name),
    contexts: new Map([...[...fields.contexts, ...xContexts(extension)].map(([key, value]) => [key, value.replace(/^(?:service|target):(.+)$/, (_, other: string) => `target:${targetName(other)}`)] as const)]),
    // an image's own name is for those who name none anywhere
    tags: tags.length === 0 && image !== undefined ? [image] : tags,
    attests: fields.attests.toReversed(),
    shmSize: fields.shmSize === undefined ? undefined : formatMemory(Number(fields.shmSize)),
    cacheFrom: unique(fields.cacheFrom, also('cache-from')),
    cacheTo: unique(fields.cacheTo, also('cache-to')),
    secrets: unique(secrets, also('secret')),
    ssh: unique(fields.ssh, also('ssh')),
    platforms: unique(itemsAt(build, 'platforms').flatMap((item) => textAt(item) ?? []), also('platforms')),
    outputs: also('output'),
    noCacheFilter: unique(fields.noCacheFilter, also('no-cache-filter')),
    pullSaid: said('pull', fields.pull),
    noCacheSaid: said('no-cache', fields.noCache),
  }
}

/** As Docker prints sizes of memory: four digits, and a unit that is a power of 1024. */
function formatMemory(sizeBytes: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(1, sizeBytes)) / 10)))
  return `${Number((sizeBytes / 1024 ** power).toPrecision(4))}${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power] ?? ''}`
}

/** Names of targets have no dots. */
function targetName(serviceName: string): string {
  return serviceName.replaceAll('.', '_')
}

function xContexts(extension: Node | undefined): readonly (readonly [string, string])[] {
  return [...entriesAt(extension, 'contexts')].map(([key, value]) => [key, textAt(value) ?? ''])
}

/** A list, or one text with blanks between. */
function words(node: Node | undefined): readonly string[] {
  if (node?.kind === 'list') return node.items.flatMap((item) => textAt(item) ?? [])
  return (textAt(node) ?? '').split(/\s+/).filter((word) => word !== '')
}

function unique(first: readonly string[], then: readonly string[]): readonly string[] {
  return then.length === 0 ? first : [...new Set([...first, ...then])]
}
