import { createHash } from 'node:crypto'
import type { PodState } from './podState.ts'
import type { WorkloadSettings } from './workloadSettings.ts'

export interface PodWish {
  readonly loadBalance: WorkloadSettings['loadBalance']
  /** What has the same pod each time, where that is wanted. */
  readonly key: string
  /** In [0, 1). */
  readonly random: () => number
}

/**
 * Of those that run, ready ones first; undefined where none runs. A key keeps its pod as long as that is there, and the
 * others keep theirs when one goes (rendezvous hashing).
 */
export function choosePod(pods: readonly PodState[], { loadBalance, key, random }: PodWish): PodState | undefined {
  const ready = pods.filter(({ isReady }) => isReady)
  const candidates = ready.length > 0 ? ready : pods.filter(({ isRunning }) => isRunning)
  if (loadBalance === 'random') return candidates[Math.floor(random() * candidates.length)]
  const weight = ({ name }: PodState): string => createHash('sha256').update(JSON.stringify([key, name])).digest('hex')
  const weighed = candidates.map((pod) => ({ pod, weight: weight(pod) }))
  return weighed.toSorted((a, b) => (a.weight < b.weight ? 1 : -1))[0]?.pod
}
