import type { Mistake } from '../mistakes.ts'
import { entriesAt, itemsAt, type MapNode, type Node, nodeAt, textAt, textsAt } from '../yaml/node.ts'
import { serviceNamed } from './normalize.ts'

/** What each field may be right about, and the project as a whole is not: what is named must be there, and no two fields may say different things. */
export function checkConsistency(model: MapNode, disabled: ReadonlyMap<string, Node>): readonly Mistake[] {
  const services = entriesAt(model, 'services')
  return [...[...services].flatMap(([name, service]) => checkService(name, service, { model, disabled })), ...checkSecrets(model), ...checkCycles(services)]
}

interface Whole {
  readonly model: MapNode
  readonly disabled: ReadonlyMap<string, Node>
}

function checkService(name: string, service: Node, whole: Whole): readonly Mistake[] {
  const path = `services.${name}`
  return [...checkImage(path, service), ...checkBuild(path, service), ...checkContexts(path, service, whole), ...checkNetwork(path, service, whole), ...checkDependencies(path, service, whole), ...checkGrants(path, service, whole), ...checkVolumes(path, service, whole), ...checkContainer(path, service)]
}

function checkImage(path: string, service: Node): readonly Mistake[] {
  const has = (key: string): boolean => nodeAt(service, key) !== undefined
  return has('image') || has('build') || has('provider') ? [] : [{ place: service.place, message: `${path} has neither image nor build`, hint: 'say which image it runs, or what it is built from' }]
}

function checkBuild(path: string, service: Node): readonly Mistake[] {
  const build = nodeAt(service, 'build')
  if (build === undefined) return []
  const mistakes: Mistake[] = []
  const inline = nodeAt(build, 'dockerfile_inline')
  if (inline !== undefined && nodeAt(build, 'dockerfile') !== undefined) mistakes.push({ place: inline.place, message: `${path}.build has dockerfile and dockerfile_inline`, hint: 'leave one of them out' })
  const [platforms, platform] = [textsAt(build, 'platforms'), nodeAt(service, 'platform')]
  const wanted = textAt(platform)
  if (platform !== undefined && wanted !== undefined && platforms.length > 0 && !platforms.includes(wanted)) {
    mistakes.push({ place: platform.place, message: `${path}.platform is ${wanted}, and ${path}.build.platforms has only ${platforms.join(', ')}`, hint: `add ${wanted} to build.platforms` })
  }
  return mistakes
}

function checkContexts(path: string, service: Node, { model, disabled }: Whole): readonly Mistake[] {
  const services = entriesAt(model, 'services')
  return [...entriesAt(service, 'build', 'additional_contexts')].flatMap(([key, value]) => {
    const name = serviceNamed(textAt(value))
    if (name === undefined || nodeAt(services.get(name), 'build') !== undefined) return []
    const why = services.has(name) ? 'has no build' : disabled.has(name) ? `is not enabled: its profiles are ${textsAt(disabled.get(name), 'profiles').join(', ')}` : 'is not there'
    return [{ place: value.place, message: `${path}.build.additional_contexts.${key}: service ${JSON.stringify(name)} ${why}` }]
  })
}

function checkNetwork(path: string, service: Node, { model, disabled }: Whole): readonly Mistake[] {
  const mode = nodeAt(service, 'network_mode')
  const joined = entriesAt(service, 'networks')
  if (mode !== undefined && joined.size > 0) return [{ place: mode.place, message: `${path} has network_mode and networks`, hint: 'leave one of them out' }]
  const known = entriesAt(model, 'networks')
  const wanted = serviceNamed(textAt(mode))
  const isMissing = wanted !== undefined && !entriesAt(model, 'services').has(wanted) && !disabled.has(wanted)
  return [
    ...[...joined].filter(([network]) => network !== 'default' && !known.has(network)).map(([network, { place }]) => undefinedName(place, `${path}.networks`, 'network', network)),
    ...(isMissing && mode !== undefined ? [undefinedName(mode.place, `${path}.network_mode`, 'service', wanted)] : []),
  ]
}

function undefinedName(place: Node['place'], path: string, what: string, name: string): Mistake {
  const hint = what === 'service' ? undefined : `add it to ${what}s, at the top level of the file`
  return { place, message: `${path}: there is no ${what} ${JSON.stringify(name)}`, hint }
}

function checkDependencies(path: string, service: Node, { model, disabled }: Whole): readonly Mistake[] {
  const services = entriesAt(model, 'services')
  return [...entriesAt(service, 'depends_on')].flatMap(([name, dependency]) => {
    if (services.has(name) || (disabled.has(name) && textAt(dependency, 'required') === 'false')) return []
    const profiles = textsAt(disabled.get(name), 'profiles')
    if (profiles.length === 0) return [undefinedName(dependency.place, `${path}.depends_on`, 'service', name)]
    return [{ place: dependency.place, message: `${path}.depends_on: service ${JSON.stringify(name)} is not enabled`, hint: `enable it: --profile ${profiles[0] ?? ''}` }]
  })
}

function checkGrants(path: string, service: Node, { model }: Whole): readonly Mistake[] {
  const kinds = [['configs', 'config'], ['secrets', 'secret'], ['build.secrets', 'secret']] as const
  return kinds.flatMap(([key, what]) => {
    const known = entriesAt(model, `${what}s`)
    return itemsAt(service, ...key.split('.')).flatMap((item) => {
      const source = textAt(item, 'source') ?? ''
      return known.has(source) ? [] : [undefinedName(item.place, `${path}.${key}`, what, source)]
    })
  })
}

function checkVolumes(path: string, service: Node, { model }: Whole): readonly Mistake[] {
  const known = entriesAt(model, 'volumes')
  return itemsAt(service, 'volumes').flatMap((item) => {
    const source = textAt(item, 'source')
    return textAt(item, 'type') !== 'volume' || source === undefined || known.has(source) ? [] : [undefinedName(item.place, `${path}.volumes`, 'volume', source)]
  })
}

/** Fields that say the same in two places. */
const TWICE = [
  ['scale', 'deploy.replicas'],
  ['cpus', 'deploy.resources.limits.cpus'],
  ['mem_limit', 'deploy.resources.limits.memory'],
  ['mem_reservation', 'deploy.resources.reservations.memory'],
  ['pids_limit', 'deploy.resources.limits.pids'],
] as const

function checkContainer(path: string, service: Node): readonly Mistake[] {
  const mistakes: Mistake[] = []
  for (const [key, other] of TWICE) {
    const [own, deployed] = [nodeAt(service, key), nodeAt(service, ...other.split('.'))]
    const isSaid = own !== undefined && deployed !== undefined && textAt(own) !== textAt(deployed)
    if (isSaid) mistakes.push({ place: own.place, message: `${path}: ${key} and ${other} say different things`, hint: 'leave one of them out' })
  }
  return [...mistakes, ...checkCount(path, service), ...checkHealth(path, service), ...checkWatches(path, service)]
}

function checkCount(path: string, service: Node): readonly Mistake[] {
  const count = Number(textAt(service, 'scale') ?? textAt(service, 'deploy', 'replicas') ?? '1')
  const name = nodeAt(service, 'container_name')
  return count > 1 && name !== undefined ? [{ place: name.place, message: `${path}: ${count} containers cannot have one container_name` }] : []
}

function checkHealth(path: string, service: Node): readonly Mistake[] {
  const test = itemsAt(service, 'healthcheck', 'test')[0]
  const isFine = test === undefined || ['CMD', 'CMD-SHELL', 'NONE'].includes(textAt(test) ?? '')
  return isFine ? [] : [{ place: test.place, message: `${path}.healthcheck.test must begin with CMD, CMD-SHELL or NONE` }]
}

function checkWatches(path: string, service: Node): readonly Mistake[] {
  return itemsAt(service, 'develop', 'watch').flatMap((watch) => {
    const action = textAt(watch, 'action') ?? ''
    const isFine = ['rebuild', 'restart'].includes(action) || nodeAt(watch, 'target') !== undefined
    return isFine ? [] : [{ place: watch.place, message: `${path}.develop.watch: ${action} needs a target` }]
  })
}

function checkSecrets(model: MapNode): readonly Mistake[] {
  const has = (node: Node, ...keys: readonly string[]): boolean => keys.some((key) => nodeAt(node, key) !== undefined)
  return [...entriesAt(model, 'secrets')].flatMap(([name, secret]) =>
    has(secret, 'external', 'file', 'environment', 'driver') ? [] : [{ place: secret.place, message: `secrets.${name} needs file or environment` }],
  )
}

function checkCycles(services: ReadonlyMap<string, Node>): readonly Mistake[] {
  const done = new Set<string>()
  const mistakes: Mistake[] = []
  const visit = (name: string, trail: readonly string[], place: Node['place'] | undefined): void => {
    if (trail.includes(name) && place !== undefined) {
      mistakes.push({ place, message: `services depend on each other in a circle: ${[...trail.slice(trail.indexOf(name)), name].join(' -> ')}` })
    }
    if (trail.includes(name) || done.has(name)) return
    for (const [other, dependency] of entriesAt(services.get(name), 'depends_on')) visit(other, [...trail, name], dependency.place)
    done.add(name)
  }
  for (const name of services.keys()) visit(name, [], undefined)
  return mistakes
}
