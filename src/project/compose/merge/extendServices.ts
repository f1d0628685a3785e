import { dirname, relative } from 'node:path'
import { SERVICE } from '../schema/serviceShape.ts'
import { entriesAt, map, type MapNode, type Node, nodeAt, textAt, withEntry } from '../yaml/node.ts'
import type { Loading, Origin } from './loading.ts'
import { mergeNodes } from './mergeNodes.ts'
import { resolvePath, resolvePaths } from './paths.ts'
import { formatPlace } from '../mistakes.ts'

type Services = ReadonlyMap<string, Node>

export interface Extending {
  readonly origin: Origin
  readonly loading: Loading
  /** The merged documents of another file. */
  readonly readFile: (path: string) => Promise<MapNode>
}

/** `model` with each service that extends another as both together. Compose specification, "extends". What cannot be is a mistake. */
export async function extendServices(model: MapNode, extending: Extending): Promise<MapNode> {
  const services = model.entries.get('services')
  if (services?.kind !== 'map') return model
  const extended: (readonly [string, Node])[] = []
  for (const name of services.entries.keys()) extended.push([name, await extendService(name, services.entries, [], extending)])
  return withEntry(model, 'services', { ...services, entries: new Map(extended) })
}

/** `trail` has what extends this service, outermost first. */
async function extendService(name: string, services: Services, trail: readonly Node[], extending: Extending): Promise<Node> {
  const service = services.get(name) ?? map([], { source: { filename: '', text: '' }, offset: 0 })
  const extension = nodeAt(service, 'extends')
  if (service.kind !== 'map' || extension?.kind !== 'map') return service
  const own = withEntry(service, 'extends', undefined)
  const { mistakes } = extending.loading
  if (trail.includes(service)) {
    mistakes.push({ place: extension.place, message: `services extend each other in a circle: ${[...trail, service].map(({ place }) => formatPlace(place)).join(' -> ')}` })
    return own
  }
  const wanted = textAt(extension, 'service')
  const source = await baseServices(extension, services, extending)
  if (source === undefined || wanted === undefined) return own
  if (!source.has(wanted)) {
    mistakes.push({ place: extension.place, message: `services.${name}.extends: no service ${JSON.stringify(wanted)}${textAt(extension, 'file') === undefined ? '' : ` in ${textAt(extension, 'file') ?? ''}`}`, hint: [...source.keys()].length === 0 ? undefined : `there are ${[...source.keys()].join(', ')}` })
    return own
  }
  const base = await extendService(wanted, source, [...trail, service], extending)
  return mergeNodes(withoutMarks(base), own, SERVICE)
}

/** The services of the file that `extension` names, with paths as this file sees them; this file's own where it names none. */
async function baseServices(extension: MapNode, services: Services, { origin, loading, readFile }: Extending): Promise<Services | undefined> {
  const file = textAt(extension, 'file')
  if (file === undefined) return services
  const { home } = loading.files
  const path = resolvePath(file, { folder: origin.folder, home })
  if ((await loading.files.readText(path, loading.signal)) === undefined) {
    loading.mistakes.push({ place: nodeAt(extension, 'file')?.place ?? extension.place, message: `no such file: ${path}` })
    return undefined
  }
  const model = await readFile(path)
  return entriesAt(resolvePaths(model, { folder: relative(origin.folder, dirname(path)), home }), 'services')
}

/** What a service resets is no business of the one that extends it. */
function withoutMarks(node: Node): Node {
  if (node.kind !== 'map') return node
  return { ...node, entries: new Map([...node.entries].flatMap(([key, value]) => (value.tag === 'reset' ? [] : [[key, unmarked(withoutMarks(value))] as const]))) }
}

function unmarked(node: Node): Node {
  const { tag: _, ...rest } = node
  return rest
}
