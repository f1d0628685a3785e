import { InvalidValueError } from '../../../ground/errors.ts'
import { nearest } from '../../../ground/nearest.ts'
import { entriesAt, type MapNode, type Node, nodeAt, textAt, textsAt, withEntry } from '../yaml/node.ts'

export interface Enabled {
  readonly model: MapNode
  readonly disabled: ReadonlyMap<string, Node>
}

/** The services without a profile, and those of an active one; `*` is every profile. */
export function enableProfiles(model: MapNode, active: readonly string[]): Enabled {
  return keepServices(model, (_, service) => {
    const profiles = textsAt(service, 'profiles')
    return profiles.length === 0 || active.includes('*') || profiles.some((profile) => active.includes(profile))
  })
}

function keepServices(model: MapNode, isKept: (name: string, service: Node) => boolean): Enabled {
  const services = nodeAt(model, 'services')
  if (services?.kind !== 'map') return { model, disabled: new Map() }
  const [kept, others] = [[...services.entries].filter(([name, service]) => isKept(name, service)), [...services.entries].filter(([name, service]) => !isKept(name, service))]
  return { model: withEntry(model, 'services', { ...services, entries: new Map(kept) }), disabled: new Map(others) }
}

/** Services by name, whatever their profiles, and what these depend on; all that are enabled where none is named. @throws InvalidValueError for a name that is none */
export function selectServices({ model, disabled }: Enabled, names: readonly string[]): Enabled {
  if (names.length === 0) return { model, disabled }
  const services = nodeAt(model, 'services')
  const all = new Map([...entriesAt(model, 'services'), ...disabled])
  const wanted = new Set<string>()
  const want = (name: string): void => {
    if (wanted.has(name)) return
    wanted.add(name)
    for (const [other, dependency] of entriesAt(all.get(name), 'depends_on')) if (all.has(other) && (textAt(dependency, 'required') !== 'false' || !disabled.has(other))) want(other)
  }
  for (const name of names) {
    if (!all.has(name)) throw noSuchService(name, [...all.keys()])
    want(name)
  }
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1))
  return keepServices(services?.kind === 'map' ? withEntry(model, 'services', { ...services, entries: new Map(sorted) }) : model, (name) => wanted.has(name))
}

export function noSuchService(name: string, known: readonly string[]): InvalidValueError {
  const close = nearest(name, known)
  return new InvalidValueError(`no such service: ${JSON.stringify(name)}`, { hint: close === undefined ? `there are ${known.join(', ') || 'none'}` : `did you mean ${close}?` })
}

/** `model` without networks, volumes, secrets, configs and models that none of its services has to do with. */
export function withoutUnused(model: MapNode): MapNode {
  const services = [...entriesAt(model, 'services').values()]
  const used = (read: (service: Node) => readonly string[]): ReadonlySet<string> => new Set(services.flatMap(read))
  const grants = (key: string) => (service: Node) => [...itemSources(nodeAt(service, key)), ...itemSources(nodeAt(service, 'build', key))]
  const volumes = (service: Node): readonly string[] => itemSources(nodeAt(service, 'volumes'), 'volume')
  const uses: readonly (readonly [string, ReadonlySet<string>])[] = [
    ['networks', used((service) => [...entriesAt(service, 'networks').keys()])],
    ['models', used((service) => [...entriesAt(service, 'models').keys()])],
    ['volumes', used(volumes)],
    ['secrets', used(grants('secrets'))],
    ['configs', used(grants('configs'))],
  ]
  return uses.reduce((whole, [kind, names]) => {
    const things = nodeAt(whole, kind)
    if (things?.kind !== 'map') return whole
    const kept = [...things.entries].filter(([name]) => names.has(name))
    return withEntry(whole, kind, kept.length === 0 ? undefined : { ...things, entries: new Map(kept) })
  }, model)
}

function itemSources(list: Node | undefined, type?: string): readonly string[] {
  if (list?.kind !== 'list') return []
  return list.items.flatMap((item) => (type === undefined || textAt(item, 'type') === type ? (textAt(item, 'source') ?? []) : []))
}
