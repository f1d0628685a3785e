import type { Graph } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import type { PlanPlace, PlanTime } from './buildPlan.ts'
import type { PlanFacts } from './planFacts.ts'
import { placesOf, stateOf } from './planStages.ts'

/** How long the steps that run, or may, are expected to take. */
export function planTime(facts: PlanFacts): PlanTime {
  const { graph, expectedMs } = facts
  const working = [...graph.values()].filter(({ op, digest }) => ['exec', 'file'].includes(op.kind) && ['runs', 'unknown'].includes(stateOf(digest, facts)))
  const timed = working.flatMap((vertex) => {
    const durationMs = expectedMs.get(vertex.digest)
    return durationMs === undefined ? [] : [{ vertex, durationMs }]
  })
  const sumOf = (isEmulated: boolean): number => timed.filter(({ vertex: { op, platform } }) => (op.kind === 'exec' && platform !== undefined && facts.modeOf(platform)?.kind === 'emulated') === isEmulated).reduce((sum, { durationMs }) => sum + durationMs, 0)
  const weights = new Map(timed.map(({ vertex, durationMs }) => [vertex.digest, durationMs]))
  const { lengthMs, vertices } = longestChain(graph, weights)
  const places = placesOf(facts)
  const native = sumOf(false)
  const emulated = sumOf(true)
  return {
    timedSteps: timed.length,
    untimedSteps: working.length - timed.length,
    nativeMs: native,
    emulatedMs: emulated,
    sumMs: native + emulated,
    criticalPathMs: lengthMs,
    criticalPath: vertices.flatMap((digest): readonly PlanPlace[] => (places.has(digest) && weights.has(digest) ? [places.get(digest)].filter((place) => place !== undefined) : [])),
  }
}

interface Chain {
  readonly lengthMs: number
  readonly last: Digest | undefined
  readonly before: Chain | undefined
}

const NO_CHAIN: Chain = { lengthMs: 0, last: undefined, before: undefined }

/** `graph` has inputs before what uses them. */
function longestChain(graph: Graph, weights: ReadonlyMap<Digest, number>): { readonly lengthMs: number; readonly vertices: readonly Digest[] } {
  const chains = new Map<Digest, Chain>()
  let longest = NO_CHAIN
  for (const { digest, inputs } of graph.values()) {
    const below = inputs.map(({ vertex }) => chains.get(vertex) ?? NO_CHAIN).reduce(longer, NO_CHAIN)
    const own = weights.get(digest)
    const chain = own === undefined ? below : { lengthMs: below.lengthMs + own, last: digest, before: below }
    chains.set(digest, chain)
    longest = longer(longest, chain)
  }
  const vertices: Digest[] = []
  for (let chain: Chain | undefined = longest; chain?.last !== undefined; chain = chain.before) vertices.unshift(chain.last)
  return { lengthMs: longest.lengthMs, vertices }
}

function longer(a: Chain, b: Chain): Chain {
  return b.lengthMs > a.lengthMs ? b : a
}
