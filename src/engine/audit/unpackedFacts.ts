import type { LayerFacts } from '../../audit/facts/layerFacts.ts'
import { readLayerFacts } from '../../audit/facts/readLayerFacts.ts'
import { watchStream } from '../../kit/watchStream.ts'
import type { WatchUnpacking } from '../../ops/unpackBlob.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { AuditStore } from './auditStore.ts'
import { keysOfLayer } from './layerReading.ts'

export interface UnpackedFactsDeps {
  readonly snapshots: Pick<SnapshotStore, 'get' | 'blobs'>
  readonly store: Pick<AuditStore, 'hasFacts' | 'putFacts'>
}

/** Notes the facts of layers while they are unpacked, where they are not known: an audit would have to read all files again. */
export function watchUnpackedFacts({ snapshots, store }: UnpackedFactsDeps): WatchUnpacking {
  return (id, tar, signal) => {
    const snapshot = snapshots.get(id)
    const keys = snapshot === undefined ? [] : keysOfLayer(snapshot, snapshots)
    if (keys.length === 0 || store.hasFacts(keys)) return { tar, keep: () => undefined }
    let facts: LayerFacts | undefined
    return {
      tar: watchStream(
        tar,
        (seen) => readLayerFacts(seen, signal),
        (outcome) => void (facts = outcome),
      ),
      keep() {
        if (facts !== undefined) store.putFacts(keys, facts)
      },
    }
  }
}
