import { ACCELERATE } from '../../graph/accelerate.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { remark } from '../../progress/remark.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { TargetRequest } from '../targets/targetRequest.ts'
import { placeTargets, uniquePlatforms, type Batch, type OpenTarget } from './assignment.ts'
import { chooseDefaultNode, chooseNodes, type NodeChoice, type NodeShare, type SilentNode } from './chooseNodes.ts'
import { OwnFlagRefusedError } from './nodesEnd.ts'
import type { NodePool, OpenNode } from './nodePool.ts'

export interface PlacementOptions {
  readonly pool: NodePool
  readonly targets: readonly TargetRequest[]
  /** What this machine is. */
  readonly ownPlatform: Platform
  /** Whether each platform is built apart. */
  readonly isApart: boolean
}

/** Puts targets to the nodes that answer now. @throws NoNodeForPlatformError; OwnFlagRefusedError */
export function placeOnNodes(open: readonly OpenTarget[], { pool, targets, ownPlatform, isApart }: PlacementOptions, sink: ProgressSink): readonly Batch<OpenNode>[] {
  const choice: NodeChoice = { nodes: pool.open().map(({ facts }) => facts), silent: pool.silent(), subject: subjectOf(targets) }
  const nodes = new Map(pool.open().map((node) => [node.facts, node]))
  const shares = chooseNodes(uniquePlatforms(open.flatMap(({ platforms }) => platforms)), choice)
  const nodeOf = new Map(shares.flatMap(({ facts, platforms }) => platforms.map(({ platform }) => [formatPlatform(platform), nodes.get(facts)] as const)))
  const batches = placeTargets(open, {
    nodeFor: (platform) => known(nodeOf.get(formatPlatform(platform))),
    defaultNode: () => known(nodes.get(chooseDefaultNode(ownPlatform, choice))),
    isApart,
  })
  batches.forEach(refuseOwnFlags)
  shares.forEach((share) => tellEmulated(share, sink))
  return batches
}

export function tellSilent(silent: readonly SilentNode[], sink: ProgressSink): void {
  for (const { node, error } of silent) remark(sink, `node ${node.name} is left out: ${error.message}`, Date.now())
}

/** Equal for builds that have much in common: those of one stage of one context. */
function subjectOf([first]: readonly TargetRequest[]): string {
  const request = first?.requests[0]
  return [request?.folders.get('context') ?? request?.attributes.get('context') ?? '', request?.attributes.get('target') ?? ''].join('\0')
}

/** Before anything starts. @throws OwnFlagRefusedError */
function refuseOwnFlags({ node: { facts }, targets }: Batch<OpenNode>): void {
  if (facts.isPelago) return
  const wants = (isAsked: (attributes: ReadonlyMap<string, string>) => boolean): boolean => targets.some(({ target: { requests: [{ attributes }] } }) => isAsked(attributes))
  if (wants((attributes) => !['', 'off'].includes(attributes.get(ACCELERATE) ?? ''))) {
    throw new OwnFlagRefusedError(`--accelerate needs Pelago's own engine, and node ${facts.node.name} is a BuildKit`, { hint: 'leave it out, or write --accelerate=off where PELAGO_ACCELERATE or the builder has it' })
  }
  if (!wants((attributes) => ['error', 'warn'].includes(attributes.get('pelago.audit') ?? ''))) return
  throw new OwnFlagRefusedError(`--audit needs Pelago's own engine, and node ${facts.node.name} is a BuildKit`, { hint: 'leave it out, and call pelago audit on the image that was pushed' })
}

/** Slow is what nobody chose: a node that the user has given a platform is chosen for that. */
function tellEmulated({ facts, platforms }: NodeShare, sink: ProgressSink): void {
  for (const { platform, runs, isGiven } of platforms) {
    if (isGiven || runs?.kind !== 'emulated') continue
    remark(sink, `${formatPlatform(platform)} is emulated on ${facts.node.name}${runs.emulator === '' ? '' : ` by ${runs.emulator}`}: no node runs it natively`, Date.now())
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a platform without a node')
  return value
}
