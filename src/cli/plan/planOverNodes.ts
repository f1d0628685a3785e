import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { Builder } from '../../driver/builders/builder.ts'
import type { BuildRequest } from '../../driver/driver.ts'
import type { Batch } from '../../driver/nodes/assignment.ts'
import { createNodeEvents } from '../../driver/nodes/nodeEvents.ts'
import type { OpenNode } from '../../driver/nodes/nodePool.ts'
import { forPlatforms, requestedPlatforms } from '../../driver/nodes/partRequest.ts'
import { placeOnNodes, tellSilent } from '../../driver/nodes/placement.ts'
import { spoolUploads } from '../../driver/nodes/spoolUploads.ts'
import type { TargetRequest } from '../../driver/targets/targetRequest.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { createLimit, mapLimited } from '../../kit/limit.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { localPlatform } from '../localPlatform.ts'
import { openCommandPool } from '../nodes/commandPool.ts'
import { openDisplay } from '../render/display.ts'
import type { ProgressMode } from '../render/progressMode.ts'
import { askForPlan, drawPlan, type PlanAnswer } from './planAnswer.ts'

export interface NodesPlan {
  /** Asks for a plan. */
  readonly request: BuildRequest
  readonly mode: ProgressMode
  readonly isJson: boolean
}

interface NodePlan {
  readonly node: string
  /** None is the node's own. */
  readonly platforms: readonly string[]
  /** Undefined where the node is a BuildKit, which makes none. */
  readonly plan: PlanAnswer | undefined
}

/** Has each node plan what it would be given to build, and shows node by node what it would do. Exit code 1 where a build would fail before it starts. */
export async function planOverNodes(builder: Builder, { request, mode, isJson }: NodesPlan, context: CommandContext, signal: AbortSignal): Promise<number> {
  await using pool = openCommandPool(builder, context)
  const platforms = requestedPlatforms(request)
  const plans = await (async () => {
    using display = openDisplay(mode, context)
    const [target = toTarget(request)] = await spoolUploads([toTarget(request)], pool.scratch, signal)
    await pool.reachFor(platforms, signal)
    tellSilent(pool.silent(), display.sink)
    const batches = placeOnNodes([{ target, platforms }], { pool, targets: [target], ownPlatform: localPlatform(), isApart: false }, display.sink)
    // all at once: each on a machine of its own
    return await mapLimited(batches, createLimit(batches.length), (batch, inner) => planBatch(batch, { context, sink: createNodeEvents(batch.node.facts.node.name, display.sink).sink }, inner), signal)
  })()
  if (plans.every(({ plan }) => plan === undefined)) throw new UnsupportedByPeerError('the nodes for it are no engines of Pelago\'s, and make no plans', { hint: 'plan with this machine\'s own engine: --builder default' })
  context.stdout.write(isJson ? formatJson(plans) : plans.map((one) => drawNode(one, context)).join('\n'))
  return plans.every(({ plan }) => plan?.isFine !== false) ? EXIT.done : EXIT.failed
}

function toTarget(request: BuildRequest): TargetRequest {
  return { name: 'plan', purpose: { kind: 'build' }, requests: [request] }
}

async function planBatch({ node: { facts, engine }, targets: [open] }: Batch<OpenNode>, view: Parameters<typeof askForPlan>[2], signal: AbortSignal): Promise<NodePlan> {
  const { target: { requests: [request] }, platforms } = open ?? { target: { requests: [] }, platforms: [] }
  const isAsked = facts.isPelago && request !== undefined
  const attributes = platforms.length === 0 ? request?.attributes : forPlatforms(request?.attributes ?? new Map(), platforms)
  const plan = isAsked ? await askForPlan(engine, { ...request, attributes: attributes ?? new Map() }, view, signal) : undefined
  return { node: facts.node.name, platforms: platforms.map(formatPlatform), plan }
}

function formatJson(plans: readonly NodePlan[]): string {
  const nodes = plans.map(({ node, platforms, plan }) => ({ node, platforms, plan: plan === undefined ? null : (JSON.parse(plan.json) as unknown) }))
  return `${JSON.stringify({ version: 1, nodes }, undefined, 2)}\n`
}

function drawNode({ node, platforms, plan }: NodePlan, context: CommandContext): string {
  const head = `Node ${node}${platforms.length === 0 ? '' : ` (${platforms.join(', ')})`}:\n`
  return `${head}${plan === undefined ? 'It is a BuildKit, which makes no plans\n' : drawPlan(plan, context)}`
}
