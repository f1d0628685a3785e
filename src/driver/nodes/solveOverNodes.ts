import { PeerLostError } from '../../api/errorMapping.ts'
import { createEngineBlobs } from '../engineBlobs.ts'
import { BuildError } from '../../ground/errors.ts'
import { formatPlatform, isSamePlatform, type Platform } from '../../ground/platform.ts'
import { runStep } from '../../engine/stepProgress.ts'
import { remark } from '../../progress/remark.ts'
import { createSharedEvents } from '../../progress/sharedEvents.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { TargetFailedError, type SolveTargets, type TargetRequest, type TargetsEnd } from '../targets/targetRequest.ts'
import { supportFor, uniquePlatforms, type Batch, type OpenTarget } from './assignment.ts'
import { NoNodeForPlatformError } from './chooseNodes.ts'
import { createEnding, type Ending } from './ending.ts'
import { createNodeEvents, type NodeEvents } from './nodeEvents.ts'
import { FailedOnNodeError, NodeLostError } from './nodesEnd.ts'
import type { NodePool, OpenNode } from './nodePool.ts'
import type { BuildPart, MergeParts } from './outputs/splitOutput.ts'
import { placeOnNodes, tellSilent } from './placement.ts'
import { spoolUploads } from './spoolUploads.ts'
import { createTargetWork, type TargetWork } from './targetWork.ts'

/** What a build over nodes has of its client. */
export interface OverNodesParts extends MergeParts {
  readonly solveTargets: SolveTargets
  /** What this machine is. */
  readonly ownPlatform: Platform
  /** Whether what the engine of a node stores is where this machine looks for images. */
  readonly isStoreHere: (node: OpenNode) => boolean
}

export interface BuildOverNodes {
  readonly pool: NodePool
  readonly targets: readonly TargetRequest[]
  /** Whether the failure of one platform leaves the others to be built. */
  readonly keepsGoing: boolean
  /** Where what is said of no target goes. */
  readonly sink: ProgressSink
  readonly sinkOf: (target: string) => ProgressSink
}

/** How often a platform is begun: nodes that die one after the other are no accident. */
const MAX_TRIES = 3

/**
 * Builds targets over the nodes of a builder, as `SolveTargets` does in one engine: each platform on the node that is
 * best for it; what several nodes have built is put together once all of a target is there. What a node had to do that
 * is lost goes to another; a build's own failure does not. @throws signal.reason; NoNodeForPlatformError; OwnFlagRefusedError
 */
export async function solveOverNodes(parts: OverNodesParts, build: BuildOverNodes, signal: AbortSignal): Promise<TargetsEnd> {
  const targets = await spoolUploads(build.targets, parts.scratch, signal)
  const works = targets.map((target) => createTargetWork(target, parts))
  const wanted = uniquePlatforms(works.flatMap(({ platforms }) => platforms))
  await runStep(build.sink, 'asking the nodes what they run', async () => build.pool.reachFor(works.some(({ platforms }) => platforms.length === 0) ? [] : wanted, signal))
  tellSilent(build.pool.silent(), build.sink)
  const run: NodesRun = { parts, build: { ...build, targets }, works, ending: createEnding({ keepsGoing: build.keepsGoing, platforms: wanted }), plan: [], shared: new Map(), tries: new Map(), signal }
  const batches = place(run, works.map(({ target, platforms }) => ({ target, platforms })))
  await Promise.all(batches.map((batch) => runBatch({ ...run, plan: batches }, batch)))
  return await run.ending.end(signal)
}

/** A build over nodes that is under way. */
interface NodesRun {
  readonly parts: OverNodesParts
  readonly build: BuildOverNodes
  readonly works: readonly TargetWork[]
  readonly ending: Ending
  /** What was under way at first. */
  readonly plan: readonly Batch<OpenNode>[]
  readonly shared: Map<string, ReturnType<typeof createSharedEvents>>
  /** Of each platform of each target. */
  readonly tries: Map<string, number>
  readonly signal: AbortSignal
}

function place({ build, parts }: NodesRun, open: readonly OpenTarget[]): readonly Batch<OpenNode>[] {
  return placeOnNodes(open, { pool: build.pool, targets: build.targets, ownPlatform: parts.ownPlatform, isApart: build.keepsGoing }, build.sink)
}

/** Never rejects with what is the build's: that is in the ending. */
async function runBatch(run: NodesRun, batch: Batch<OpenNode>): Promise<void> {
  const { parts, build, ending, signal } = run
  const inner = AbortSignal.any([signal, ending.failed])
  const events = new Map<string, NodeEvents>()
  const sinkOf = (name: string): ProgressSink => {
    const own = events.get(name) ?? eventsOf(run, name, batch)
    events.set(name, own)
    return own.sink
  }
  const requests = [...batch.targets.map((open) => requestOf(run, open, batch)), ...supportFor(batch.targets, build.targets)]
  try {
    const { error } = await parts.solveTargets(batch.node.engine, requests, sinkOf, inner)
    if (error === undefined || inner.aborted) return
    if (isLost(error.cause)) {
      for (const one of events.values()) one.lost(parts.now())
      await moveOn(run, batch, error.cause)
    } else {
      ending.fail(batch.targets, ofNode(error, batch.node, build.pool))
    }
  } catch (error) {
    if (!inner.aborted) throw error
  }
}

/** With the node's name, where there is more than one. */
function ofNode(error: TargetFailedError, { facts: { node } }: OpenNode, pool: NodePool): TargetFailedError {
  const isOnly = pool.open().length + pool.silent().length === 1
  return isOnly || !(error.cause instanceof BuildError) ? error : new TargetFailedError(error.target, new FailedOnNodeError(error.cause, node.name))
}

function isLost(cause: unknown): cause is PeerLostError {
  return cause instanceof PeerLostError
}

function eventsOf({ shared, build, tries }: NodesRun, target: string, { node, targets }: Batch<OpenNode>): NodeEvents {
  const { name } = node.facts.node
  const ofTarget = shared.get(target) ?? createSharedEvents(build.sinkOf(target))
  shared.set(target, ofTarget)
  const teller = JSON.stringify([name, tries.size, targets.map(({ platforms }) => platforms.map(formatPlatform))])
  return createNodeEvents(name, ofTarget(teller, (text) => text))
}

/** The target as the node of `batch` gets it; once all of it is built, it is put together. */
function requestOf({ works, plan, parts, build, ending, signal }: NodesRun, { target, platforms }: OpenTarget, { node }: Batch<OpenNode>): TargetRequest {
  const work = workOf(works, target)
  const part: BuildPart = { platforms, blobs: node.facts.isPelago ? createEngineBlobs(node.engine) : undefined }
  const others = plan.flatMap(({ targets }) => targets.filter((open) => open.target === target)).filter((open) => !platforms.some((platform) => open.platforms.some((other) => isSamePlatform(platform, other))))
  return {
    ...target,
    requests: work.requestsFor(part, others.map((open) => open.platforms), parts.isStoreHere(node)),
    async onDone(responses) {
      const solved = { part, responses }
      await work.keep(solved, signal)
      work.done(solved)
      if (work.remaining() === undefined) ending.merge(target.name, () => (work.isSplit() ? runStep(build.sinkOf(target.name), 'putting the platforms together', () => work.merge(signal)) : work.merge(signal)))
    },
  }
}

function workOf(works: readonly TargetWork[], target: TargetRequest): TargetWork {
  const found = works.find((work) => work.target === target)
  if (found === undefined) throw new TypeError(`target ${target.name} is not one of this build`)
  return found
}

/** Gives what the lost node had left to others, or to itself, where it comes back and no other can. */
async function moveOn(run: NodesRun, batch: Batch<OpenNode>, cause: PeerLostError): Promise<void> {
  const { build, ending, signal, parts } = run
  const { name } = batch.node.facts.node
  try {
    build.pool.lose(batch.node, cause)
    const left = leftOf(run, batch)
    countTries(run, left, batch.node)
    const next = await placeAgain(run, left)
    for (const { node, targets } of next) {
      const platforms = uniquePlatforms(targets.flatMap((open) => open.platforms)).map(formatPlatform)
      const what = platforms.length === 0 ? 'its build' : platforms.join(', ')
      remark(build.sink, `node ${name} is lost: ${what} ${platforms.length > 1 ? 'go' : 'goes'} to ${node.facts.node.name}`, parts.now())
    }
    await Promise.all(next.map((one) => runBatch(run, one)))
  } catch (error) {
    if (signal.aborted || ending.failed.aborted) return
    if (!(error instanceof BuildError)) throw error
    ending.fail(batch.targets, new TargetFailedError(batch.targets[0]?.target.name ?? '', new NodeLostError(`node ${name} is lost: ${cause.message}\n${error.message}`, { hint: error.hint, cause })))
  }
}

/** What of a batch is not built. */
function leftOf({ works }: NodesRun, { targets }: Batch<OpenNode>): readonly OpenTarget[] {
  return targets.flatMap(({ target, platforms }) => {
    const remaining = workOf(works, target).remaining()
    if (remaining === undefined) return []
    const left = platforms.filter((platform) => remaining.some((other) => isSamePlatform(other, platform)))
    return platforms.length > 0 && left.length === 0 ? [] : [{ target, platforms: left }]
  })
}

/** @throws NodeLostError */
function countTries({ tries }: NodesRun, left: readonly OpenTarget[], node: OpenNode): void {
  for (const { target, platforms } of left) {
    for (const platform of platforms.length === 0 ? [''] : platforms.map(formatPlatform)) {
      const key = `${target.name}\0${platform}`
      const count = (tries.get(key) ?? 1) + 1
      if (count > MAX_TRIES) throw new NodeLostError(`${platform === '' ? 'the build' : platform} was begun on ${MAX_TRIES} nodes, and each was lost`, { hint: `see what ends their engines; the last one was ${node.facts.node.name}` })
      tries.set(key, count)
    }
  }
}

/** @throws NoNodeForPlatformError */
async function placeAgain(run: NodesRun, left: readonly OpenTarget[]): Promise<readonly Batch<OpenNode>[]> {
  const { pool } = run.build
  await pool.reachAll(run.signal)
  try {
    return place(run, left)
  } catch (error) {
    if (!(error instanceof NoNodeForPlatformError)) throw error
    await pool.reachSilent(run.signal)
    return place(run, left)
  }
}
