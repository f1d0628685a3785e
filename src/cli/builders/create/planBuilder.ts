import { isDeepStrictEqual } from 'node:util'
import { parseNodeName, startsEngines, type Builder, type BuilderNode } from '../../../driver/builders/builder.ts'
import { formatPlatform } from '../../../ground/platform.ts'
import { UsageError } from '../../flags/usageError.ts'
import { parsePlatformFlags } from '../../localPlatform.ts'
import { chooseDriver, chooseEndpoint, type EndpointPlaces, type EndpointWish } from './chooseEndpoint.ts'
import type { CreateFlags } from './createFlags.ts'
import { planSettings } from './nodeSettings.ts'

export interface BuilderPlan {
  readonly name: string
  readonly flags: Pick<CreateFlags, 'append' | 'node' | 'driver' | 'driver-opt' | 'buildkitd-flags' | 'platform'>
  /** As given behind the flags; undefined where there is none. */
  readonly endpoint: string | undefined
  /** What `--buildkitd-config` leads to: text by path, as nodes keep it. */
  readonly config: ReadonlyMap<string, string> | undefined
  /** That of buildx's own for nodes that are given none: `buildkitd.default.toml`. */
  readonly defaultConfig: ReadonlyMap<string, string> | undefined
  readonly places: EndpointPlaces
}

/** What `create` made of a builder. */
export interface PlannedBuilder {
  readonly builder: Builder
  /** The one that is new, was changed, or has left. */
  readonly node: BuilderNode
  /** Whether an engine that runs was started as the node was before. */
  readonly isRestartNeeded: boolean
}

/** What `create` makes of the builder of that name, `before`. @throws UsageError; InvalidValueError */
export function planBuilder(plan: BuilderPlan, before: Builder | undefined): PlannedBuilder {
  const changed = before === undefined ? undefined : nodeToChange(before, plan.flags)
  if (before === undefined && plan.flags.append) throw new UsageError(`there is no builder ${JSON.stringify(plan.name)} to append to`, { hint: `make it first, without --append: pelago create --name ${plan.name}` })
  const node = planNode(plan, before, changed)
  const [first, ...rest] = before?.nodes ?? []
  if (first === undefined) return { node, isRestartNeeded: false, builder: { name: plan.name, nodes: [node] } }
  const others = (list: readonly BuilderNode[]): readonly BuilderNode[] => list.map((one) => (one === changed ? node : withoutPlatforms(one, node)))
  const [head = node, ...tail] = changed === undefined ? [...others([first, ...rest]), node] : others([first, ...rest])
  const isRestartNeeded = changed !== undefined && startsEngines(changed.driver) && !isDeepStrictEqual({ ...changed, platforms: node.platforms }, node)
  return { node, isRestartNeeded, builder: checkEndpoints({ name: plan.name, nodes: [head, ...tail] }, node) }
}

/** Undefined where a new one is to be appended. @throws UsageError where it is not said what is wanted */
function nodeToChange(before: Builder, { node: asked, append }: BuilderPlan['flags']): BuilderNode | undefined {
  const found = before.nodes.find(({ name }) => name === asked?.toLowerCase())
  if (found !== undefined || append) return found
  const name = JSON.stringify(before.name)
  const nodes = before.nodes.map((node) => node.name).join(', ')
  if (asked !== undefined) throw new UsageError(`builder ${name} has no node ${JSON.stringify(asked)}`, { hint: `add --append to give it one; it has ${nodes}` })
  throw new UsageError(`there is a builder ${name} already`, { hint: `use it (pelago use ${before.name}), remove it (pelago rm ${before.name}), give it another node (--append), change one of its nodes (--node, of ${nodes}), or choose another --name` })
}

function planNode({ name: builder, flags, endpoint, config, defaultConfig, places }: BuilderPlan, before: Builder | undefined, changed: BuilderNode | undefined): BuilderNode {
  const name = changed?.name ?? (flags.node === undefined ? nextName(builder, before) : parseNodeName(flags.node))
  const wish = { driver: flags.driver, endpoint }
  const place = staysWhere(changed, wish) ?? newPlace({ name, builder }, wish, before, places)
  const kept = changed?.driver === place.driver ? changed : undefined
  return {
    name,
    driver: place.driver,
    endpoint: place.endpoint,
    platforms: flags.platform.length === 0 && changed !== undefined ? changed.platforms : parsePlatformFlags(flags.platform),
    ...planSettings({ options: flags['driver-opt'], flags: flags['buildkitd-flags'], config: config ?? (kept === undefined && startsEngines(place.driver) ? defaultConfig : undefined) }, place.driver, kept),
  }
}

/** Undefined where another place is asked for. */
function staysWhere(changed: BuilderNode | undefined, { driver, endpoint }: EndpointWish): BuilderNode | undefined {
  return endpoint === undefined && (driver ?? changed?.driver) === changed?.driver ? changed : undefined
}

function newPlace(node: { readonly name: string; readonly builder: string }, wish: EndpointWish, before: Builder | undefined, places: EndpointPlaces): Pick<BuilderNode, 'driver' | 'endpoint'> {
  const driver = chooseDriver(wish, before, places)
  return { driver, endpoint: chooseEndpoint(driver, wish.endpoint, node, places) }
}

/** NAME0, NAME1, …: the first that is free. */
function nextName(builder: string, before: Builder | undefined): string {
  for (let number = 0; ; number++) {
    const name = `${builder}${number}`
    if (before?.nodes.some((node) => node.name === name) !== true) return name
  }
}

/** Where two are for one platform by hand, the later word holds. */
function withoutPlatforms(node: BuilderNode, { platforms }: BuilderNode): BuilderNode {
  const taken = new Set(platforms.map(formatPlatform))
  return { ...node, platforms: node.platforms.filter((platform) => !taken.has(formatPlatform(platform))) }
}

/** @throws UsageError where two nodes would be one engine */
function checkEndpoints(builder: Builder, { name, driver, endpoint }: BuilderNode): Builder {
  const other = builder.nodes.find((one) => one.name !== name && one.driver === driver && one.endpoint === endpoint)
  if (other === undefined) return builder
  throw new UsageError(`node ${JSON.stringify(other.name)} of builder ${JSON.stringify(builder.name)} has the endpoint ${endpoint} already`, { hint: `add the endpoint of another engine, or change that node: --node ${other.name}` })
}

/** Without the node; the last one stays. @throws UsageError */
export function leaveNode(name: string, node: string | undefined, before: Builder | undefined): PlannedBuilder {
  if (before === undefined) throw new UsageError(`there is no builder ${JSON.stringify(name)} to leave`, { hint: 'see pelago ls for what there is' })
  const left = before.nodes.find((one) => one.name === node?.toLowerCase())
  if (left === undefined) throw new UsageError(`builder ${JSON.stringify(name)} has no node ${JSON.stringify(node ?? '')}`, { hint: `it has ${before.nodes.map((one) => one.name).join(', ')}` })
  const [first, ...rest] = before.nodes.filter((one) => one !== left)
  if (first === undefined) throw new UsageError(`${JSON.stringify(left.name)} is the last node of builder ${JSON.stringify(name)}`, { hint: `remove the builder: pelago rm ${name}` })
  return { node: left, isRestartNeeded: false, builder: { ...before, nodes: [first, ...rest] } }
}
