import { createHash } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { TarInvalidError } from '../../../archive/tar.ts'
import { readTar } from '../../../archive/tarReader.ts'
import { fromText, type ByteString } from '../../../kit/byteString.ts'
import { acquireLock } from '../../../kit/files/fileLock.ts'
import { createBackgroundHasher } from '../../../kit/streams/backgroundHasher.ts'
import { LayerInvalidError, type SnapshotId } from '../../snapshotStore.ts'
import { unpackLayer, type UnpackTarget } from '../../unpackLayer.ts'
import { diffOf } from '../backend.ts'
import { placeIn } from '../mergedTree.ts'
import type { StoredSnapshot } from '../snapshotTable.ts'
import { readEntries } from './layerReading.ts'
import { layersFolder, openScratch, openView, partsOf, presentOf, type Call } from './storeContext.ts'

/** As `SnapshotStore.unpack`. */
export async function unpackSnapshot(id: SnapshotId, tar: AsyncIterable<Uint8Array>, call: Call): Promise<void> {
  const isAlone = await bringOnce(id, call, (snapshot) => makeLayer(snapshot, call, (target) => unpackTar(snapshot, tar, target, call)))
  if (!isAlone) await closeUnread(tar)
}

/** As `SnapshotStore.materialize`. */
export async function materializeSnapshot(id: SnapshotId, call: Call): Promise<void> {
  await bringOnce(id, call, (snapshot) => {
    const { origin } = snapshot
    if (origin === undefined) throw new Error(`snapshot ${id} is no graft`)
    const folders = partsOf(presentOf(origin, call.context), call.context).map((part) => fromText(diffOf(part))).reverse()
    const linkFrom = (path: ByteString): ByteString => placeIn(folders, path)
    return makeLayer(snapshot, call, (target) => unpackLayer(readEntries(origin, { clampTimeSeconds: undefined, extent: 'layer' }, call), { ...target, linkFrom }, call.signal))
  })
}

/** False where it is there already, perhaps by another call or process that was at it. */
async function bringOnce(id: SnapshotId, { context, signal }: Call, bring: (snapshot: StoredSnapshot) => Promise<void>): Promise<boolean> {
  const lockName = createHash('sha256').update(id).digest('hex').slice(0, 32)
  const wanted = presentOf(id, context)
  await using lock = await acquireLock(join(context.root, 'locks', lockName), 'exclusive', signal)
  const isMissing = presentOf(id, context).state === 'lazy'
  if (isMissing) await bring(wanted)
  lock.remove()
  return isMissing
}

/** A stream that nobody reads keeps its connection open. */
async function closeUnread(stream: AsyncIterable<Uint8Array>): Promise<void> {
  await stream[Symbol.asyncIterator]().return?.()
}

/** The layer that `fill` writes becomes the snapshot's. */
async function makeLayer({ id, parent }: StoredSnapshot, { context, signal }: Call, fill: (target: UnpackTarget) => Promise<void>): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const layer = join(openScratch(undo, context), 'layer')
  mkdirSync(diffOf(layer), { recursive: true })
  const lower = parent === undefined ? undefined : undo.use(await openView(parent, context, signal))
  await fill({ folder: fromText(diffOf(layer)), lower: lower === undefined ? undefined : fromText(lower.path) })
  const folder = context.nextName()
  renameSync(layer, join(layersFolder(context.root), folder))
  context.table.markPresent(id, folder, context.now())
}

async function unpackTar({ id, diffId }: StoredSnapshot, tar: AsyncIterable<Uint8Array>, target: UnpackTarget, { signal }: Call): Promise<void> {
  const hasher = createBackgroundHasher()
  try {
    await unpackLayer(readTar(hasher.pass(tar)), target, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof TarInvalidError) throw new LayerInvalidError(`layer of ${id} is no whole tar archive`, { hint: 'pull it again', cause: error })
    throw error
  }
  const { digest } = hasher.result()
  if (diffId !== undefined && digest !== diffId) throw new LayerInvalidError(`layer of ${id} is ${digest}, not ${diffId}`, { hint: 'pull it again; if it stays so, the image is damaged' })
}
