import type { ImageResolver } from '../../dockerfile/lower.ts'
import type { CdiDevices } from '../../executor/cdi/cdiDevices.ts'
import type { Executor } from '../../executor/executor.ts'
import type { ContextFiles } from '../../ops/contextFiles.ts'
import type { LayerPresence } from '../../ops/layerPresence.ts'
import type { CacheFolders } from '../../snapshot/cacheFolders.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { Solver } from '../../solver/solver.ts'
import type { AttestDeps } from '../attestation/attestResult.ts'

/** What a build needs of the engine. */
export interface BuildDeps {
  readonly files: ContextFiles
  readonly snapshots: SnapshotStore
  readonly executor: Executor
  readonly solver: Solver
  readonly caches: Pick<CacheFolders, 'forget'>
  readonly devices: CdiDevices
  readonly resolver: ImageResolver
  readonly attest: AttestDeps
  readonly presence: LayerPresence
}
