import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { CacheStore } from '../../solver/cacheStore.ts'
import type { OpResolver } from '../../solver/op.ts'
import { createProbe, type Probe } from '../../solver/probe/probe.ts'

export interface PlanParts {
  readonly probe: Probe
  readonly opFor: OpResolver['opFor']
}

/** A probe that leaves what it finds as it is: to look at a result is not to use it, so prune may have it as before. */
export function createPlanParts({ opFor, cache, snapshots }: { readonly opFor: OpResolver['opFor']; readonly cache: CacheStore; readonly snapshots: SnapshotStore }): PlanParts {
  const isKnown = (result: string): boolean => {
    const id = toSnapshot(result)
    return id === undefined || snapshots.get(id) !== undefined
  }
  const isReadable = (result: string): boolean => {
    const id = toSnapshot(result)
    return id === undefined || snapshots.chain(id).every(({ state }) => state === 'present')
  }
  const probe = createProbe({ resolver: { opFor, isPresent: isKnown }, cache, isReadable, mayRun: ({ op }) => op.kind === 'source' && op.source.kind === 'local', now: Date.now })
  return { probe, opFor }
}
