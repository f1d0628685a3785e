import { entriesAt, itemsAt, map, type MapNode, type Node, nodeAt, scalar, textAt, textsAt, withEntry } from '../yaml/node.ts'

/** Things that are called after the project where they have no name of their own. */
const NAMED = ['networks', 'volumes', 'secrets', 'configs'] as const

/** `model` with what Compose adds to it: names, the default network, and dependencies that follow from other fields. */
export function normalize(model: MapNode, projectName: string): MapNode {
  const services = new Map([...entriesAt(model, 'services')].map(([name, service]) => [name, service.kind === 'map' ? normalizeService(service) : service]))
  const placed = services.size === 0 && !model.entries.has('services') ? model : withEntry(model, 'services', { kind: 'map', entries: services, place: model.place })
  return NAMED.reduce((whole, kind) => withNames(whole, kind, projectName), withDefaultNetwork(placed))
}

function withDefaultNetwork(model: MapNode): MapNode {
  const networks = entriesAt(model, 'networks')
  const isUsed = [...entriesAt(model, 'services').values()].some((service) => entriesAt(service, 'networks').has('default'))
  if (!isUsed || networks.has('default')) return model
  return withEntry(model, 'networks', map([...networks, ['default', map([], model.place)] as const].sort(([a], [b]) => (a < b ? -1 : 1)), model.place))
}

function withNames(model: MapNode, kind: string, projectName: string): MapNode {
  const things = nodeAt(model, kind)
  if (things?.kind !== 'map') return model
  const named = [...things.entries].map(([key, thing]): readonly [string, Node] => {
    const body = thing.kind === 'map' ? thing : map([], thing.place)
    if (body.entries.has('name')) return [key, body]
    const name = textAt(body, 'external') === 'true' ? key : `${projectName}_${key}`
    return [key, { ...body, entries: new Map([['name', scalar(name, body.place)], ...body.entries]) }]
  })
  return withEntry(model, kind, { ...things, entries: new Map(named) })
}

function normalizeService(service: MapNode): MapNode {
  const build = nodeAt(service, 'build')
  const withBuild = build?.kind === 'map' ? withEntry(service, 'build', withDockerfile(build)) : service
  const policy = nodeAt(withBuild, 'pull_policy')
  const withPolicy = textAt(policy) === 'if_not_present' && policy !== undefined ? withEntry(withBuild, 'pull_policy', scalar('missing', policy.place)) : withBuild
  return withDependencies(withNetwork(withReplicas(withPolicy)))
}

function withReplicas(service: MapNode): MapNode {
  const [scale, deploy] = [service.entries.get('scale'), service.entries.get('deploy')]
  return scale === undefined || deploy?.kind !== 'map' || deploy.entries.has('replicas') ? service : withEntry(service, 'deploy', withEntry(deploy, 'replicas', scale))
}


function withDockerfile(build: MapNode): MapNode {
  if (build.entries.has('dockerfile') || build.entries.has('dockerfile_inline')) return build
  const [context, ...rest] = build.entries
  const dockerfile = ['dockerfile', scalar('Dockerfile', build.place)] as const
  return { ...build, entries: new Map(context === undefined ? [dockerfile] : [context, dockerfile, ...rest]) }
}

function withNetwork(service: MapNode): MapNode {
  const has = (key: string): boolean => service.entries.has(key)
  if (has('network_mode') || has('provider') || entriesAt(service, 'networks').size > 0) return service
  return withEntry(service, 'networks', map([['default', scalar(null, service.place)]], service.place))
}

function withDependencies(service: MapNode): MapNode {
  const { place } = service
  const told = entriesAt(service, 'depends_on')
  const implied = impliedDependencies(service).filter(({ name }) => !told.has(name))
  if (implied.length === 0) return service
  const added = implied.map(({ name, restarts }): readonly [string, Node] => [
    name,
    map([['condition', scalar('service_started', place)], ...(restarts ? [['restart', scalar(true, place)] as const] : []), ['required', scalar(true, place)]], place),
  ])
  return withEntry(service, 'depends_on', map([...told, ...added].sort(([a], [b]) => (a < b ? -1 : 1)), nodeAt(service, 'depends_on')?.place ?? place))
}

function impliedDependencies(service: MapNode): readonly { readonly name: string; readonly restarts: boolean }[] {
  const linked = textsAt(service, 'links').map((link) => link.split(':', 1).join(''))
  const shared = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup'].flatMap((key) => serviceNamed(textAt(service, key)) ?? [])
  const mounted = itemsAt(service, 'volumes_from').flatMap((item) => {
    const text = textAt(item) ?? ''
    return text.startsWith('container:') ? [] : text.split(':', 1)
  })
  return [...[...linked, ...shared].map((name) => ({ name, restarts: true })), ...mounted.map((name) => ({ name, restarts: false }))]
}

/** The service of `service:NAME`. */
export function serviceNamed(text: string | undefined): string | undefined {
  return text?.startsWith('service:') === true ? text.slice('service:'.length) : undefined
}
