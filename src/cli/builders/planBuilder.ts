import { DEFAULT_LOAD, DRIVER_NAMES, isAddress, type Builder, type BuilderNode, type DriverName } from '../../driver/builders/builder.ts'
import { splitKeyValue } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'
import { parsePlatformFlags } from '../localPlatform.ts'
import type { CreateFlags } from './createFlags.ts'

export interface BuilderPlan {
  readonly name: string
  readonly flags: CreateFlags
  /** As given behind the flags; undefined where there is none. */
  readonly endpoint: string | undefined
  /** BUILDKIT_HOST, the endpoint where there is no other. */
  readonly buildkitHost: string | undefined
}

/** What `create` makes of the builder of that name, `before`. @throws UsageError */
export function planBuilder({ name, flags, endpoint, buildkitHost }: BuilderPlan, before: Builder | undefined): Builder {
  const changed = before === undefined ? undefined : nodeToChange(before, flags)
  if (before === undefined && flags.append) throw new UsageError(`there is no builder ${JSON.stringify(name)} to append to`, { hint: 'leave --append out' })
  const address = endpoint ?? changed?.endpoint ?? (buildkitHost === '' ? undefined : buildkitHost)
  const driver = chooseDriver(flags.driver, before, address)
  const node = planNode({ name, flags, endpoint: address }, driver)
  return before === undefined ? { name, driver, nodes: [node] } : { ...before, nodes: before.nodes.map((one) => (one === changed ? node : one)) }
}

/** One of a new name would be a second one. @throws UsageError */
function nodeToChange(before: Builder, { node: asked, append }: CreateFlags): BuilderNode {
  const found = before.nodes.find(({ name }) => name === asked)
  if (found !== undefined) return found
  const name = JSON.stringify(before.name)
  if (asked !== undefined || append) throw new UsageError(`builder ${name} has a node already: several nodes are not supported yet`, { hint: 'create another builder, and choose one with --builder' })
  throw new UsageError(`there is a builder ${name} already`, { hint: `use it (pelago use ${before.name}), remove it (pelago rm ${before.name}), change its node (--node ${before.nodes[0]?.name ?? ''}), or choose another --name` })
}

/** Without the node; the last one stays. @throws UsageError */
export function leaveNode(name: string, node: string | undefined, before: Builder | undefined): Builder {
  if (before === undefined) throw new UsageError(`there is no builder ${JSON.stringify(name)} to leave`)
  const rest = before.nodes.filter((one) => one.name !== node)
  if (rest.length === before.nodes.length) throw new UsageError(`builder ${JSON.stringify(name)} has no node ${JSON.stringify(node ?? '')}`, { hint: `it has ${before.nodes.map((one) => one.name).join(', ')}` })
  if (rest.length === 0) throw new UsageError(`${JSON.stringify(node ?? '')} is the last node of builder ${JSON.stringify(name)}`, { hint: `remove the builder: pelago rm ${name}` })
  return { ...before, nodes: rest }
}

function chooseDriver(asked: string | undefined, before: Builder | undefined, address: string | undefined): DriverName {
  if (asked === undefined) return before?.driver ?? (address !== undefined && isAddress(address) ? 'remote' : 'embedded')
  const driver = DRIVER_NAMES.find((name) => name === asked)
  if (driver === undefined) throw refusedDriver(asked)
  if (before !== undefined && before.driver !== driver) throw new UsageError(`builder ${JSON.stringify(before.name)} has the driver ${before.driver}, not ${driver}`, { hint: 'give the new builder another --name' })
  return driver
}

/** Those of buildx's, and what does their work here. */
function refusedDriver(asked: string): UsageError {
  switch (asked) {
    case 'docker':
    case 'docker-container':
      return new UsageError(`--driver ${asked} is not supported`, { hint: 'leave it out: the engine builds for several platforms without a container of its own' })
    case 'kubernetes':
    case 'ssh':
      return new UsageError(`--driver ${asked} is not supported yet`, { hint: 'forward the buildkitd there to this machine (kubectl port-forward, ssh -L), and use --driver remote tcp://127.0.0.1:PORT' })
    default:
      return new UsageError(`unknown driver: ${JSON.stringify(asked)}`, { hint: `choose one of ${DRIVER_NAMES.join(', ')}` })
  }
}

function planNode({ name, flags, endpoint }: Pick<BuilderPlan, 'name' | 'flags' | 'endpoint'>, driver: DriverName): BuilderNode {
  const options = parseOptions(flags['driver-opt'], driver)
  checkBuildkitdFlags(flags['buildkitd-flags'], driver)
  const node = { name: flags.node ?? `${name}0`, platforms: parsePlatformFlags(flags.platform), options }
  return { ...node, endpoint: driver === 'embedded' ? embeddedEndpoint(endpoint) : remoteEndpoint(endpoint) }
}

function embeddedEndpoint(endpoint: string | undefined): string {
  if (endpoint === undefined || endpoint === 'default' || endpoint === 'embedded') return 'embedded'
  if (isAddress(endpoint)) throw new UsageError(`the embedded driver takes no address: ${JSON.stringify(endpoint)}`, { hint: 'use --driver remote' })
  throw new UsageError(`there is no endpoint ${JSON.stringify(endpoint)}: Docker's contexts do not exist here`, { hint: 'leave it out (a name is given with --name), or write unix:///path/to/socket or tcp://127.0.0.1:port' })
}

function remoteEndpoint(endpoint: string | undefined): string {
  if (endpoint === undefined) throw new UsageError('--driver remote needs an endpoint', { hint: 'add unix:///path/to/socket or tcp://127.0.0.1:port' })
  const [, scheme = ''] = /^([a-z-]+):\/\//.exec(endpoint) ?? []
  if (['ssh', 'docker-container', 'podman-container', 'nerdctl-container', 'kube-pod', 'npipe'].includes(scheme)) {
    throw new UsageError(`endpoints of ${scheme}:// are not supported yet`, { hint: 'forward the buildkitd there to a socket of this machine, and give that: unix:///path/to/socket or tcp://127.0.0.1:port' })
  }
  return endpoint
}

/** What a driver of buildx's makes possible and is always so here is kept too, to be shown. */
function parseOptions(texts: readonly string[], driver: DriverName): ReadonlyMap<string, string> {
  const options = texts.map((text): readonly [string, string] => {
    const { key, value } = splitKeyValue(text)
    if (value === undefined) throw new UsageError(`invalid --driver-opt: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE' })
    const isTrue = driver === 'embedded' && key === 'network' && value === 'host'
    if (isTrue || (key === DEFAULT_LOAD && /^(?:true|false)$/.test(value))) return [key, value]
    throw new UsageError(`--driver-opt ${key} is not supported by the driver ${driver}`, { hint: optionHint(key) })
  })
  return new Map(options)
}

function optionHint(key: string): string {
  if (['cacert', 'cert', 'key', 'servername'].includes(key)) return 'there is no TLS to engines yet: forward its port to this machine, with ssh -L'
  if (key === DEFAULT_LOAD) return 'write default-load=true or default-load=false'
  if (key === 'image') return 'leave it out: the engine is no container'
  if (key.startsWith('env.')) return 'leave it out: the engine has the proxies of this shell'
  return 'leave it out'
}

function checkBuildkitdFlags(text: string | undefined, driver: DriverName): void {
  const words = (text ?? '').split(/\s+/).filter((word) => word !== '')
  const rest = words.filter((word, index) => !/^--allow-insecure-entitlement(?:=|$)/.test(word) && words[index - 1] !== '--allow-insecure-entitlement')
  const [refused] = driver === 'embedded' ? rest : words
  if (refused !== undefined) throw new UsageError(`--buildkitd-flags ${refused} is not supported by the driver ${driver}`, { hint: driver === 'embedded' ? 'leave it out' : 'give it to the buildkitd where that is started' })
}
