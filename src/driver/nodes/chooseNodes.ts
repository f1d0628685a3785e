import { digestOf } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { formatPlatform, isSamePlatform, type Platform } from '../../ground/platform.ts'
import type { BuilderNode } from '../builders/builder.ts'
import { describePlatforms, fitOf, type NodeFacts, type NodeFit, type RunsHow } from './nodeFacts.ts'

/** What one node is to build: never empty, in the order in which the platforms are wanted. */
export interface NodeShare {
  readonly facts: NodeFacts
  readonly platforms: readonly SharedPlatform[]
}

export interface SharedPlatform {
  readonly platform: Platform
  /** Undefined where the user said that the node is for it, and its engine lists no such platform. */
  readonly runs: RunsHow | undefined
  readonly isGiven: boolean
}

/** A node that does not answer, and why. */
export interface SilentNode {
  readonly node: BuilderNode
  readonly error: Error
}

export interface NodeChoice {
  /** In the order of the builder. */
  readonly nodes: readonly NodeFacts[]
  readonly silent: readonly SilentNode[]
  /** What is built: equal for builds that find each other's results in a node's cache. */
  readonly subject: string
}

/**
 * For each platform the node that the user has given it; else one where it is native; else one that emulates it. Of
 * several the one with the least to do, and of equals the one that it always is for this subject, as long as it is
 * there, since that has it in its cache. What goes to one node is one share.
 * @throws NoNodeForPlatformError
 */
export function chooseNodes(wanted: readonly Platform[], choice: NodeChoice): readonly NodeShare[] {
  const shares = new Map<NodeFacts, SharedPlatform[]>()
  for (const platform of wanted) {
    const { facts, fit } = chooseNode(platform, choice)
    shares.set(facts, [...(shares.get(facts) ?? []), { platform, ...fit }])
  }
  return [...shares].map(([facts, platforms]) => ({ facts, platforms }))
}

interface Candidate {
  readonly facts: NodeFacts
  readonly fit: NodeFit
}

function chooseNode(platform: Platform, { nodes, silent, subject }: NodeChoice): Candidate {
  const candidates = nodes.flatMap((facts): readonly Candidate[] => {
    const fit = fitOf(facts, platform)
    return fit === undefined ? [] : [{ facts, fit }]
  })
  const weight = ({ facts }: Candidate): string => digestOf([subject, formatPlatform(platform), facts.node.name].join('\0'))
  const [best] = candidates.toSorted((a, b) => rankOf(a.fit) - rankOf(b.fit) || a.facts.runningBuilds - b.facts.runningBuilds || (weight(a) < weight(b) ? -1 : 1))
  if (best === undefined) throw new NoNodeForPlatformError(platform, nodes, silent)
  return best
}

function rankOf({ isGiven, runs }: NodeFit): number {
  if (isGiven) return 0
  return runs?.kind === 'natively' ? 1 : 2
}

/**
 * The node for a build that names no platform, which is then the node's own: one that is of this machine's kind, else
 * the first that answers. @throws NoNodeForPlatformError where none does
 */
export function chooseDefaultNode(own: Platform, { nodes, silent, subject }: NodeChoice): NodeFacts {
  const same = nodes.filter(({ platforms: [first] }) => first !== undefined && isSamePlatform(first.platform, own))
  if (same.length > 0) return chooseNode(own, { nodes: same, silent, subject }).facts
  const [first] = nodes
  if (first === undefined) throw new NoNodeForPlatformError(own, nodes, silent)
  return first
}

/** No node that answers is for the platform; it says what there is, node by node. */
export class NoNodeForPlatformError extends BuildError {
  readonly kind = 'unavailable'
  readonly platform: Platform
  constructor(platform: Platform, nodes: readonly NodeFacts[], silent: readonly SilentNode[]) {
    const lines = [...nodes.map((facts) => `  ${facts.node.name}: ${describePlatforms(facts)}`), ...silent.map(({ node, error }) => `  ${node.name}: ${error.message}`)]
    super(`no node builds for ${formatPlatform(platform)}:\n${lines.join('\n')}`, { hint: nodes.length === 0 ? 'see what became of the nodes: pelago ls' : `add a node for it, or install the emulator on one of them; --platform ${formatPlatform(platform)} of pelago create says that a node is for it` })
    this.platform = platform
  }
}
