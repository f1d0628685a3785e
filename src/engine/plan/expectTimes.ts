import type { RunMode } from '../../executor/executor.ts'
import type { Graph, Vertex } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Platform } from '../../ground/platform.ts'
import { stepTimeKey } from '../../ops/keys/execDigest.ts'
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
    const op = await timeKey(vertex, opFor, signal)
    const durationMs = op === undefined ? undefined : stepTimes.find({ op, name: vertex.note.name, platform: vertex.platform, mode })
    if (durationMs !== undefined) expected.set(vertex.digest, durationMs)
  }
  return expected
}

function stepMode({ op, platform }: Vertex, modeOf: TimeSources['modeOf']): StepMode | undefined {
  if (op.kind === 'file') return 'none'
  if (op.kind !== 'exec' || platform === undefined) return undefined
  return op.twins === undefined ? modeOf(platform)?.kind : 'twins'
}

async function timeKey(vertex: Vertex, opFor: TimeSources['opFor'], signal: AbortSignal): Promise<Digest | undefined> {
  if (vertex.op.kind === 'exec') return vertex.platform === undefined ? undefined : stepTimeKey(vertex.op, vertex.platform)
  const { digest } = await opFor(vertex).cacheMap({ vertex, progress: () => undefined, sessionId: '' }, signal) // of files, it is no more than a digest
  return digest
}

/** By how much steps were faster with native twins than emulated without, where both have run here; they need not be given twins now. */
export function knownSavings(graph: Graph, { stepTimes, modeOf }: Omit<TimeSources, 'opFor'>): ReadonlyMap<Digest, number> {
  const savings = new Map<Digest, number>()
  for (const { op, platform, digest, note: { name } } of graph.values()) {
    if (op.kind !== 'exec' || platform === undefined || modeOf(platform)?.kind !== 'emulated') continue
    const timeOf = (mode: StepMode): number | undefined => stepTimes.find({ op: stepTimeKey(op, platform), name, platform, mode })
    const [plainMs, twinsMs] = [timeOf('emulated'), timeOf('twins')]
    if (plainMs !== undefined && twinsMs !== undefined && twinsMs < plainMs) savings.set(digest, plainMs - twinsMs)
  }
  return savings
}
