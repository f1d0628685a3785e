import type { LayerBlob, SnapshotId } from '../../snapshot/snapshotStore.ts'
import type { ResultId } from '../../solver/op.ts'
import type { SolvedRecord } from '../../solver/solvedRecords.ts'
import type { ExportProgress } from '../exporter.ts'

/** Takes what a solve has come to to where other machines find it. */
export interface CacheExporter {
  /** `exporting cache to registry` */
  readonly name: string
  /** Whether a failure is only told. */
  readonly ignoresErrors: boolean
  /** The response that goes to the client: `cache.manifest`. */
  export(solved: SolvedCache, progress: ExportProgress, signal: AbortSignal): Promise<ReadonlyMap<string, string>>
}

export interface SolvedCache {
  readonly records: readonly SolvedRecord[]
  /** What the platforms' images are made of. */
  readonly roots: readonly SnapshotId[]
  /** Of results that other machines have and that were not needed here: layers, lowest first. Undefined for all others. */
  readonly foreignLayers: (result: ResultId) => readonly LayerBlob[] | undefined
}
