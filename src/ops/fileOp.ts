import { isSameBase } from '../graph/actionBase.ts'
import type { ActionBase, FileAction, FileOp, Vertex } from '../graph/vertex.ts'
import { fromText, type ByteString } from '../kit/byteString.ts'
import type { SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { CacheMap, Op, ResultId } from '../solver/op.ts'
import { revisableCopy, reviseCopy, type RevisionDeps } from './files/copyRevision.ts'
import { runFileAction } from './files/fileActions.ts'
import { fileCacheMap, ownerField, type FileKeyDeps } from './files/fileKey.ts'
import { createFilePlacer } from './files/filePlacer.ts'
import type { FileOwner } from './files/metadata.ts'
import { openLinkSource, type LinkSource } from './files/linkSource.ts'
import { hasNames, lookUpOwner } from './files/owner.ts'
import type { LateCopies } from './files/treeCopy.ts'
import { openWorkplace, type Workplace } from './files/workplace.ts'
import { toSnapshot } from './snapshotResult.ts'
import type { StepTimes } from './stepTimes.ts'

export interface FileDeps extends FileKeyDeps, RevisionDeps {
  readonly stepTimes: StepTimes
  readonly now: () => number
}

/** COPY, ADD of local files, WORKDIR and what else only moves files: needs no process, and so no platform. */
export function createFileOp({ actions }: FileOp, vertex: Vertex, deps: FileDeps): Op {
  const map = (): CacheMap => fileCacheMap(actions, vertex.inputs.length, deps)
  return {
    async cacheMap() {
      return map()
    },
    async execute(inputs, context, signal) {
      await Promise.all(inputs.map((input) => deps.presence.ensurePresent(toSnapshot(input), context, signal)))
      const startedAt = deps.now()
      const { digest: op } = map()
      const nowNs = BigInt(deps.now()) * 1_000_000n
      const copy = revisableCopy(actions, inputs, op)
      const revised = copy === undefined ? undefined : await reviseCopy(copy, deps, nowNs, signal)
      const results = revised === undefined ? await runActions(actions, inputs, { snapshots: deps.snapshots, nowNs }, signal) : [revised]
      const [result] = results
      if (copy !== undefined && result !== undefined) deps.madeCopies.record(copy.key, { source: copy.source, result: result as SnapshotId })
      if (op !== undefined) deps.stepTimes.record({ op, name: vertex.note.name, platform: undefined, mode: 'none', durationMs: deps.now() - startedAt })
      return results
    },
  }
}

async function runActions(actions: readonly FileAction[], inputs: readonly (ResultId | undefined)[], { snapshots, nowNs }: { readonly snapshots: SnapshotStore; readonly nowNs: bigint }, signal: AbortSignal): Promise<readonly ResultId[]> {
  await using workplace = openWorkplace(actions, inputs, snapshots, signal)
  for (const [index, action] of actions.entries()) await runAction(index, action, { workplace, nowNs }, signal)
  return resultsInOrder(workplace.outputs())
}

interface ActionRun {
  readonly workplace: Workplace
  readonly nowNs: bigint
}

async function runAction(index: number, action: FileAction, { workplace, nowNs }: ActionRun, signal: AbortSignal): Promise<void> {
  const target = await workplace.openTarget(index)
  const view = action.kind === 'copy' ? await workplace.openSource(action.from) : undefined
  const owner = await ownerOf(action, target, workplace)
  const linkSource: LinkSource = view === undefined ? () => undefined : await openLinkSource(view)
  // Only the first action of a layer: a name that is new to it then has no whiteout in the layer's own folder
  const late: LateCopies | undefined = workplace.isFirstOfLayer(index) ? { add: (copy) => workplace.putOff(index, (root) => copy(root, createFilePlacer(linkSource))), replaces: false } : undefined
  const source = view === undefined ? undefined : fromText(view.path)
  await runFileAction(action, { target, source, owner, placer: createFilePlacer(linkSource), late, nowNs }, signal)
  await workplace.finish(index)
}

function resultsInOrder(outputs: ReadonlyMap<number, SnapshotId>): readonly ResultId[] {
  return [...outputs].sort(([a], [b]) => a - b).map(([, id]) => id)
}

async function ownerOf(action: FileAction, target: ByteString, workplace: Workplace): Promise<FileOwner | undefined> {
  const owner = ownerField(action)
  if (owner === undefined) return undefined
  if (!hasNames(owner)) return lookUpOwner(owner, target)
  const rootOf = async (base: ActionBase): Promise<ByteString | undefined> => {
    if (isSameBase(base, action.base)) return target
    const view = await workplace.openSource(base)
    return view === undefined ? undefined : fromText(view.path)
  }
  const root = await rootOf(owner.lookup)
  return owner.groupLookup === undefined ? lookUpOwner(owner, root) : lookUpOwner(owner, root, await rootOf(owner.groupLookup))
}
