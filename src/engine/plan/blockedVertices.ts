import type { StepSource } from '../../dockerfile/lower/plan.ts'
import type { LoweredDockerfile } from '../../dockerfile/lower.ts'
import { mergeGraphs } from '../../graph/graphBuilder.ts'
import type { Graph, Output } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import type { LoweredTarget } from '../build/lowerTargets.ts'
import type { ForgivingResolver } from './forgivingResolver.ts'
import { verticesOf } from './planStages.ts'

/** What can be looked up of a build of which images are missing. */
export interface TellableGraph {
  readonly graph: Graph
  readonly roots: readonly Output[]
}

/** All but what stands on an image that is missing; what that would use is asked for in its place. */
export function tellableGraph(targets: readonly LoweredTarget[], resolver: Pick<ForgivingResolver, 'faultOf'>): TellableGraph {
  const parts = targets.map(({ lowered }) => {
    const blocked = blockedVertices(lowered, resolver)
    const graph: Graph = new Map([...lowered.graph].filter(([digest]) => !blocked.has(digest)))
    const used = [...blocked].flatMap((digest) => lowered.graph.get(digest)?.inputs ?? [])
    return { graph, roots: [...(lowered.root === undefined ? [] : [lowered.root]), ...used].filter(({ vertex }) => graph.has(vertex)) }
  })
  return { graph: mergeGraphs(parts.map(({ graph }) => graph)), roots: parts.flatMap(({ roots }) => roots) }
}

/** Vertices that stand on an image that is missing. */
function blockedVertices({ graph, stages, subject }: LoweredDockerfile, resolver: Pick<ForgivingResolver, 'faultOf'>): ReadonlySet<Digest> {
  const faulty = new Set(subject.images.filter(({ found, isBase }) => isFaulty(resolver.faultOf(found)?.kind, isBase)).map(({ written }) => written))
  const isMissing = (source: StepSource): boolean => source.kind === 'image' && faulty.has(source.written)
  const blockedStages = new Set<number>()
  const blocked = new Set<Digest>()
  for (const { stage: { index, base }, steps } of stages) {
    if (isMissing(base) || (base.kind === 'stage' && blockedStages.has(base.index))) blockedStages.add(index)
    const inTheWay = steps.filter((step) => blockedStages.has(index) || [step.source, ...step.mountSources].some(isMissing))
    for (const digest of inTheWay.flatMap((step) => verticesOf(step, graph))) blocked.add(digest)
  }
  // Inputs come first.
  for (const { digest, inputs } of graph.values()) if (inputs.some(({ vertex }) => blocked.has(vertex))) blocked.add(digest)
  return blocked
}

function isFaulty(fault: 'missing' | 'mismatch' | undefined, isBase: boolean): boolean {
  return fault === 'missing' || (fault === 'mismatch' && isBase)
}
