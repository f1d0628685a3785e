import { formatCanonicalJson } from '../ground/canonicalJson.ts'
import { digestOf } from '../ground/digest.ts'
import type { DiffOp, Vertex } from '../graph/vertex.ts'
import type { SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { Op, OpContext } from '../solver/op.ts'
import type { LayerPresence } from './layerPresence.ts'
import { graftAll } from './mergeOp.ts'
import { toSnapshot } from './snapshotResult.ts'

export interface DiffDeps {
  readonly snapshots: SnapshotStore
  readonly presence: LayerPresence
}

/** What the upper input has over the lower one: its layers above where it stands on that, else one layer that is found by comparing. */
export function createDiffOp({ lower, upper }: DiffOp, { inputs }: Vertex, deps: DiffDeps): Op {
  return {
    async cacheMap() {
      return { digest: digestOf(formatCanonicalJson({ kind: 'diff', lower, upper })), inputs: inputs.map(() => ({ selector: '', contentDigest: undefined })) }
    },
    async execute(results, context, signal) {
      const [below, above] = [lower, upper].map((input) => (input === undefined ? undefined : toSnapshot(results[input])))
      return [(await difference({ below, above }, { deps, context }, signal)) ?? '']
    },
  }
}

interface Compared {
  readonly below: SnapshotId | undefined
  readonly above: SnapshotId | undefined
}

interface Comparing {
  readonly deps: DiffDeps
  readonly context: OpContext
}

/** Undefined where nothing differs. */
async function difference({ below, above }: Compared, { deps: { snapshots, presence }, context }: Comparing, signal: AbortSignal): Promise<SnapshotId | undefined> {
  if (below === undefined || below === above) return below === above ? undefined : above
  const layers = above === undefined ? [] : snapshots.chain(above).map(({ id }) => id)
  const position = layers.indexOf(below)
  if (position >= 0) return graftAll(layers.slice(position + 1), undefined, snapshots)
  await Promise.all([below, above].map((id) => presence.ensurePresent(id, context, signal)))
  return snapshots.graft(await snapshots.difference(below, above, signal), undefined)
}
