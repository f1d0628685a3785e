import { formatCanonicalJson } from '../ground/canonicalJson.ts'
import { digestOf } from '../ground/digest.ts'
import type { Vertex } from '../graph/vertex.ts'
import type { SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { Op } from '../solver/op.ts'
import { toSnapshot } from './snapshotResult.ts'

export interface MergeDeps {
  readonly snapshots: SnapshotStore
}

/** The layers of the inputs on top of each other, each as it is: nothing is read, copied or packed for it. */
export function createMergeOp({ inputs }: Vertex, { snapshots }: MergeDeps): Op {
  return {
    async cacheMap() {
      return { digest: digestOf(formatCanonicalJson({ kind: 'merge', inputs: inputs.length })), inputs: inputs.map(() => ({ selector: '', contentDigest: undefined })) }
    },
    async execute(results) {
      return [mergeSnapshots(results.map(toSnapshot), snapshots) ?? '']
    },
  }
}

/** Lowest first; undefined is an empty file system. */
export function mergeSnapshots(merged: readonly (SnapshotId | undefined)[], snapshots: SnapshotStore): SnapshotId | undefined {
  const [lowest, ...others] = merged.flatMap((id) => id ?? [])
  return others.reduce((below, id) => graftAll(snapshots.chain(id).map((layer) => layer.id), below, snapshots), lowest)
}

/** `layers` on top of `below`, in their order. */
export function graftAll(layers: readonly SnapshotId[], below: SnapshotId | undefined, snapshots: SnapshotStore): SnapshotId | undefined {
  return layers.reduce<SnapshotId | undefined>((top, layer) => snapshots.graft(layer, top), below)
}
