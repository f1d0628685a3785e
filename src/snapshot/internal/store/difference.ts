import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fromText } from '../../../kit/byteString.ts'
import type { SnapshotId } from '../../snapshotStore.ts'
import { diffOf } from '../backend.ts'
import { writeDifference } from '../compareTrees.ts'
import { holdUntilDisposed, layersFolder, openScratch, openView, type Call } from './storeContext.ts'

/** As `SnapshotStore.difference`. */
export async function makeDifference(lower: SnapshotId, upper: SnapshotId | undefined, { context, signal }: Call): Promise<SnapshotId> {
  await using undo = new AsyncDisposableStack()
  const [before, after] = [undo.use(await openView(lower, context, signal)), undo.use(await openView(upper, context, signal))]
  const layer = join(openScratch(undo, context), 'layer')
  mkdirSync(layer)
  await writeDifference({ before: fromText(before.path), after: fromText(after.path), copiedNs: undefined }, fromText(diffOf(layer)), signal)
  const folder = context.nextName()
  renameSync(layer, join(layersFolder(context.root), folder))
  const id = randomUUID() as SnapshotId
  holdUntilDisposed(undo, context.table.insertPresent(id, { parent: lower, folder, owner: context.owner.name }, context.now()), context)
  return id
}
