import type { RunMode } from '../../executor/executor.ts'
import type { Graph, Vertex } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Platform } from '../../ground/platform.ts'
import type { StepMode } from '../../ops/stepTimes.ts'
import type { OpResolver } from '../../solver/op.ts'
import type { StepTimeStore } from '../store/stepTimeStore.ts'

export interface TimeSources {
  readonly stepTimes: Pick<StepTimeStore, 'find'>
  readonly opFor: OpResolver['opFor']
  readonly modeOf: (platform: Platform) => RunMode | undefined
}

/** How long each step took the last time, run as it would be now. Those that were never run that way are left out. */
export async function expectTimes(graph: Graph, { stepTimes, opFor, modeOf }: TimeSources, signal: AbortSignal): Promise<ReadonlyMap<Digest, number>> {
  const expected = new Map<Digest, number>()
  for (const vertex of graph.values()) {
    const mode = stepMode(vertex, modeOf)
    if (mode === undefined) continue
    // Of these kinds, a cache map is no more than a digest.
    const { digest: op } = await opFor(vertex).cacheMap({ vertex, progress: () => undefined, sessionId: '' }, signal)
    const durationMs = op === undefined ? undefined : stepTimes.find({ op, name: vertex.note.name, platform: vertex.platform, mode })
    if (durationMs !== undefined) expected.set(vertex.digest, durationMs)
  }
  return expected
}

function stepMode({ op, platform }: Vertex, modeOf: TimeSources['modeOf']): StepMode | undefined {
  if (op.kind === 'file') return 'none'
  return op.kind === 'exec' && platform !== undefined ? modeOf(platform)?.kind : undefined
}
