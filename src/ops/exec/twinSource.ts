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

/** The sibling's files, and the toolchain's, which are there already. */
export async function openTwins({ input, toolchain }: TwinUse, inputs: readonly ResultId[], { snapshots, executor }: TwinDeps, signal: AbortSignal): Promise<HeldTwins> {
  const [native] = executor.platforms()
  if (native === undefined) throw new TypeError('an executor runs at least its own platform')
  await using stack = new AsyncDisposableStack()
  const open = async (index: number): Promise<{ readonly rootfs: string }> => ({ rootfs: stack.use(await snapshots.openView(toSnapshot(inputs[index]), signal)).path })
  const source: TwinSource = { ...(await open(input)), platform: native.platform, toolchain: toolchain === undefined ? undefined : await open(toolchain) }
  const owned = stack.move()
  return { source, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
