import type { LayerFacts } from '../../audit/facts/layerFacts.ts'
import { readLayerFacts } from '../../audit/facts/readLayerFacts.ts'
import type { LayerPackerDeps } from '../../exporter/layerPacker.ts'
import { watchStream } from '../../kit/watchStream.ts'
import type { Snapshot } from '../../snapshot/snapshotStore.ts'
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
}

export function createLayerFactsSource({ store, layers: { keysOf, open } }: LayerFactsDeps): LayerFactsSource {
  return {
    nameOf: (snapshot) => keysOf(snapshot).join(' '),
    isKnown: (snapshot) => store.hasFacts(keysOf(snapshot)),
    watchLayer(snapshot, tar, signal) {
      if (store.hasFacts(keysOf(snapshot))) return tar
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
      const tar = await open(snapshot, mode, signal)
      if (tar === undefined) return undefined
      const facts = await readLayerFacts(tar, signal)
      store.putFacts(keysOf(snapshot), facts)
      return facts
    },
  }
}
