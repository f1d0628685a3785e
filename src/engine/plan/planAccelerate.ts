import type { Vertex } from '../../graph/vertex.ts'
import { findMissingTwins } from '../build/missingTwins.ts'
import type { PlanAccelerate } from './buildPlan.ts'
import type { PlanFacts } from './planFacts.ts'
import { stateOf } from './planStages.ts'

const MODES = { tools: { plain: 'on', toolchain: 'toolchain' }, verify: { plain: 'verify', toolchain: 'verify-toolchain' } } as const

/** Which emulated steps have native twins, or could be given some. */
export function planAccelerate(facts: PlanFacts): PlanAccelerate {
  const { graph, targets, accelerate, modeOf, savesMs } = facts
  const isEmulated = ({ op, platform }: Vertex): boolean => op.kind === 'exec' && platform !== undefined && modeOf(platform)?.kind === 'emulated'
  const hasTwins = ({ op }: Vertex): boolean => accelerate === undefined || (op.kind === 'exec' && op.twins !== undefined)
  const steps = [...graph.values()].filter((vertex) => isEmulated(vertex) && hasTwins(vertex) && ['runs', 'unknown'].includes(stateOf(vertex.digest, facts)))
  const saved = steps.flatMap(({ digest }) => savesMs.get(digest) ?? [])
  return {
    mode: accelerate === undefined ? 'off' : MODES[accelerate.mode][accelerate.hasToolchain ? 'toolchain' : 'plain'],
    steps: steps.length,
    savesMs: saved.length === 0 ? undefined : saved.reduce((sum, ms) => sum + ms, 0),
    missing: [...findMissingTwins(targets, modeOf)].map(([platform, reasons]) => ({ platform, reasons })),
  }
}
