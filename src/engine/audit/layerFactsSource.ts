import type { LayerFacts } from '../../audit/facts/layerFacts.ts'
import { describeLayer, readLayerFacts } from '../../audit/facts/readLayerFacts.ts'
import { reviseFacts } from '../../audit/facts/reviseFacts.ts'
import type { LayerPackerDeps } from '../../exporter/layerPacker.ts'
import { watchStream } from '../../kit/watchStream.ts'
import type { Snapshot, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { AuditStore } from './auditStore.ts'
import type { LayerReading } from './layerReading.ts'

/** Facts of the layers of a build. Each layer is read once: on its way into its blob, else when it is asked for. */
export interface LayerFactsSource {
  /** The same for layers of which the same is known. */
  readonly nameOf: (snapshot: Snapshot) => string
  readonly isKnown: (snapshot: Snapshot) => boolean
  /** For the packer: notes the facts of what goes by, where they are not known. */
  readonly watchLayer: LayerPackerDeps['watchLayer']
  /** Undefined for a layer that is neither here nor, with `fetch`, in a registry. */
  read(snapshot: Snapshot, mode: 'fetch' | 'here', signal: AbortSignal): Promise<LayerFacts | undefined>
}

export interface LayerFactsDeps {
  readonly layers: LayerReading
  readonly store: AuditStore
  readonly snapshots: Pick<SnapshotStore, 'get' | 'readEntries'>
}

export function createLayerFactsSource({ store, snapshots, layers: { keysOf, open } }: LayerFactsDeps): LayerFactsSource {
  const revisedBy = ({ revises }: Snapshot): Snapshot | undefined => (revises === undefined ? undefined : snapshots.get(revises))
  const isRevisable = (snapshot: Snapshot): boolean => {
    const before = revisedBy(snapshot)
    return before !== undefined && store.hasFacts(keysOf(before))
  }

  /** By reading only what was changed since the facts of another snapshot were read. */
  async function revise(snapshot: Snapshot, signal: AbortSignal): Promise<LayerFacts | undefined> {
    const before = revisedBy(snapshot)
    const facts = before === undefined ? undefined : store.facts(keysOf(before))
    return facts === undefined ? undefined : reviseFacts(facts, await describeLayer(snapshots.readEntries(snapshot.id, 'revision', signal), signal))
  }

  async function readAnew(snapshot: Snapshot, mode: 'fetch' | 'here', signal: AbortSignal): Promise<LayerFacts | undefined> {
    if (snapshot.state === 'present') return (await revise(snapshot, signal)) ?? (await describeLayer(snapshots.readEntries(snapshot.id, 'layer', signal), signal))
    const tar = await open(snapshot, mode, signal)
    return tar === undefined ? undefined : await readLayerFacts(tar, signal)
  }

  return {
    nameOf: (snapshot) => keysOf(snapshot)[0] ?? '',
    isKnown: (snapshot) => store.hasFacts(keysOf(snapshot)),
    watchLayer(snapshot, tar, signal) {
      if (store.hasFacts(keysOf(snapshot)) || isRevisable(snapshot)) return tar
      return watchStream(
        tar,
        (seen) => readLayerFacts(seen, signal),
        (facts) => {
          if (facts !== undefined) store.putFacts(keysOf(snapshot), facts)
        },
      )
    },
    async read(snapshot, mode, signal) {
      const known = store.facts(keysOf(snapshot))
      if (known !== undefined) return known
      const facts = await readAnew(snapshot, mode, signal)
      if (facts !== undefined) store.putFacts(keysOf(snapshot), facts)
      return facts
    },
  }
}
