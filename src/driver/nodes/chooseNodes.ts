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
 * several the one that it always is for this subject, as long as it is there and not busy, since that has it in its
 * cache; larger nodes are it for more subjects. Where all are busy, the one that is least so. What goes to one node is
 * one share.
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

/** A node that is for a platform, and how. */
export interface Candidate {
  readonly facts: NodeFacts
  readonly fit: NodeFit
}

function chooseNode(platform: Platform, choice: NodeChoice): Candidate {
  const best = bestFor(platform, choice.nodes)
  const chosen = spread(best, (facts) => [choice.subject, formatPlatform(platform), facts.node.name].join('\0'))
  if (chosen === undefined) throw new NoNodeForPlatformError(platform, choice.nodes, choice.silent)
  return chosen
}

/** All that come as near to the platform as any: where it is built, the subject decides, and what they have to do. */
export function bestFor(platform: Platform, nodes: readonly NodeFacts[]): readonly Candidate[] {
  const candidates = nodes.flatMap((facts): readonly Candidate[] => {
    const fit = fitOf(facts, platform)
    return fit === undefined ? [] : [{ facts, fit }]
  })
  const least = Math.min(...candidates.map(({ fit }) => rankOf(fit)))
  return candidates.filter(({ fit }) => rankOf(fit) === least)
}

/**
 * Rendezvous hashing, weighted by CPUs: a node that comes or goes moves no more subjects than are its own. A build that
 * goes elsewhere begins without a cache, which costs more than to share CPUs with one other build on two of them.
 */
function spread(candidates: readonly Candidate[], keyOf: (facts: NodeFacts) => string): Candidate | undefined {
  const pull = ({ facts }: Candidate): number => -facts.cpus / Math.log(fractionOf(keyOf(facts)))
  const idle = candidates.filter(({ facts }) => load(facts) < 1)
  const open = idle.length > 0 ? idle : candidates.filter(({ facts }) => load(facts) === Math.min(...candidates.map((one) => load(one.facts))))
  return open.toSorted((a, b) => pull(b) - pull(a))[0]
}

/** Busy from 1 on: a build for every two CPUs. */
function load({ runningBuilds, cpus }: NodeFacts): number {
  return runningBuilds / Math.max(1, cpus / 2)
}

/** Between 0 and 1, and neither. */
function fractionOf(key: string): number {
  const bits = 48 // of which a number holds all
  return (Number.parseInt(digestOf(key).slice('sha256:'.length, 'sha256:'.length + bits / 4), 16) + 0.5) / 2 ** bits
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

/** One node for all of `wanted`, the one that comes nearest to them: Pelago before a BuildKit. @throws NoNodeForPlatformError of the first platform that rules the last nodes out */
export function chooseForAll(wanted: readonly Platform[], { nodes, silent }: Pick<NodeChoice, 'nodes' | 'silent'>): NodeFacts {
  let left = nodes
  for (const platform of wanted) {
    const fitting = left.filter((facts) => fitOf(facts, platform) !== undefined)
    if (fitting.length === 0) throw new NoNodeForPlatformError(platform, left, silent)
    left = fitting
  }
  const distance = (facts: NodeFacts): number => wanted.reduce((sum, platform) => sum + rankOf(fitOf(facts, platform) ?? { isGiven: false, runs: undefined }), 0)
  const [best] = left.toSorted((a, b) => Number(b.isPelago) - Number(a.isPelago) || distance(a) - distance(b))
  if (best === undefined) throw new TypeError('a node for all of no platforms')
  return best
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
