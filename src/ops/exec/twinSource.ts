import type { Executor, TwinSource } from '../../executor/executor.ts'
import type { TwinUse } from '../../graph/vertex.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { ResultId } from '../../solver/op.ts'
import { toSnapshot } from '../snapshotResult.ts'

export interface TwinDeps {
  readonly snapshots: SnapshotStore
  readonly executor: Executor
}

/** Where twins are from, for as long as this is held. */
export interface HeldTwins extends AsyncDisposable {
  readonly source: TwinSource
}

/** The sibling's files, which are there already. */
export async function openTwins({ input }: TwinUse, inputs: readonly ResultId[], { snapshots, executor }: TwinDeps, signal: AbortSignal): Promise<HeldTwins> {
  const [native] = executor.platforms()
  if (native === undefined) throw new TypeError('an executor runs at least its own platform')
  const view = await snapshots.openView(toSnapshot(inputs[input]), signal)
  return { source: { rootfs: view.path, platform: native.platform }, [Symbol.asyncDispose]: () => view[Symbol.asyncDispose]() }
}
