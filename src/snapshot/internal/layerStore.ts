import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { writeTar } from '../../archive/tarWriter.ts'
import { fromText } from '../../kit/byteString.ts'
import { isTempFolderOwned } from '../../kit/files/tempFolder.ts'
import type { LayerOptions, MutableSnapshot, Snapshot, SnapshotId, SnapshotStore, SnapshotUsage } from '../snapshotStore.ts'
import { diffOf, type Backend } from './backend.ts'
import { treeSizeBytes } from './fileTree.ts'
import { openSnapshotTable, type SnapshotTable, type StoredSnapshot } from './snapshotTable.ts'
import { foldChain, foldParts, type Folded } from './store/folding.ts'
import { makeDifference } from './store/difference.ts'
import { readChanges, readEntries } from './store/layerReading.ts'
import { holdUntilDisposed, layerOf, layersFolder, layersOf, openScratch, openView, ownersFolder, partsOf, presentOf, type Call, type Context, type SnapshotPlace } from './store/storeContext.ts'
import { materializeSnapshot, unpackSnapshot } from './store/unpacking.ts'

/**
 * A snapshot store of any backend. `layers/<owner>-<number>` is a layer, its name saying who made it; it appears by
 * rename, then its row in the database. A folder without a row is what a killed process left, if its owner is gone.
 */
export function createLayerStore(place: SnapshotPlace, backend: Backend): SnapshotStore {
  mkdirSync(layersFolder(place.root), { recursive: true })
  mkdirSync(join(place.root, 'locks'), { recursive: true })
  let count = 0
  const table = openSnapshotTable(place.database, place.bootId)
  const context: Context = { ...place, table, backend, nextName: () => `${place.owner.name}-${++count}` }
  return {
    get: (id) => {
      const found = table.get(id)
      return found === undefined ? undefined : publicOf(found)
    },
    chain: (id) => table.chain(id).map(publicOf),
    touch: (id) => table.touch(id, place.now()),
    registerLazy: (layer) => void table.insertLazy(layer, place.now()),
    unpack: (id, tar, signal) => unpackSnapshot(id, tar, { context, signal }),
    graft: (layer, parent) => table.insertGraft(layer, parent, place.now()),
    materialize: (id, signal) => materializeSnapshot(id, { context, signal }),
    difference: (lower, upper, signal) => makeDifference(lower, upper, { context, signal }),
    openMutable: (parent, signal) => openMutable(parent, context, signal),
    openFolded: (id, signal) => openFolded(id, context, signal),
    openRevision: (id, signal) => openRevision(id, context, signal),
    openView: (id, signal) => openView(id, context, signal),
    readLayer: (id, options, signal) => readLayer(id, options, { context, signal }),
    readEntries: (id, extent, signal) => readEntries(id, { clampTimeSeconds: undefined, extent, isContentSampled: true }, { context, signal }),
    readChanges: (earlier, id, signal) => readChanges(earlier, id, { context, signal }),
    isEmptyLayer: (id, signal) => isEmptyLayer(id, { context, signal }),
    recordBlob: (id, blob) => void table.recordBlob(id, blob),
    blobs: (id) => table.blobs(id),
    forgetBlob: (id, blob) => table.forgetBlob(id, blob),
    usage: (signal) => readUsage(context, signal),
    remove: (id, usedBefore) => remove(id, usedBefore, context),
  }
}

async function openMutable(parent: SnapshotId | undefined, context: Context, signal: AbortSignal): Promise<MutableSnapshot> {
  return openLayer({ over: parent, parent }, context, signal)
}

/** More folders than that make each look-up in a layer slower. */
const MAX_PARTS = 16

/** Only where a layer is what was changed in a mount: to copy the whole tree would be no gain. */
async function openRevision(id: SnapshotId, context: Context, signal: AbortSignal): Promise<MutableSnapshot | undefined> {
  const { state, origin, parent } = presentOf(id, context)
  if (context.backend.kind !== 'overlay' || state === 'lazy' || origin !== undefined) return undefined
  if (partsOf(presentOf(id, context), context).length < MAX_PARTS) return openLayer({ over: id, parent, revises: id }, context, signal)
  return openOver(await foldParts(id, { context, signal }), (folded) => ({ over: folded, parent, revises: folded }), context, signal)
}

async function openFolded(id: SnapshotId, context: Context, signal: AbortSignal): Promise<MutableSnapshot | undefined> {
  return openOver(await foldChain(id, { context, signal }), (folded) => ({ over: folded, parent: folded }), context, signal)
}

async function openOver(folded: Folded | undefined, baseOn: (id: SnapshotId) => LayerBase, context: Context, signal: AbortSignal): Promise<MutableSnapshot | undefined> {
  if (folded === undefined) return undefined
  try {
    return await openLayer(baseOn(folded.id), context, signal)
  } finally {
    context.table.release(folded.hold)
  }
}

interface LayerBase {
  /** What is seen in it at first. */
  readonly over: SnapshotId | undefined
  readonly parent: SnapshotId | undefined
  readonly revises?: SnapshotId
}

async function openLayer({ over, ...place }: LayerBase, context: Context, signal: AbortSignal): Promise<MutableSnapshot> {
  await using undo = new AsyncDisposableStack()
  const left = new AsyncDisposableStack()
  let isCommitted = false
  undo.defer(async () => {
    if (isCommitted) context.leftovers.clear(() => left.disposeAsync())
    else await left.disposeAsync() // which may be much
  })
  const scratch = openScratch(left, context)
  if (over !== undefined) holdUntilDisposed(undo, context.table.hold(over, context.owner.name, context.now()), context)
  const tree = left.use(await context.backend.openMutable(over === undefined ? [] : layersOf(over, context), scratch, signal))
  const held = undo.move()
  return {
    path: tree.path,
    async commit(finish) {
      const folder = context.nextName()
      const layer = await tree.seal()
      await finish?.(diffOf(layer))
      renameSync(layer, join(layersFolder(context.root), folder))
      isCommitted = true
      const id = randomUUID() as SnapshotId
      holdUntilDisposed(held, context.table.insertPresent(id, { ...place, folder, owner: context.owner.name }, context.now()), context)
      return id
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

async function* readLayer(id: SnapshotId, options: LayerOptions, call: Call): AsyncGenerator<Uint8Array> {
  yield* writeTar(readEntries(id, { ...options, extent: 'layer' }, call), options)
}

async function isEmptyLayer(id: SnapshotId, call: Call): Promise<boolean> {
  const entries = readEntries(id, { clampTimeSeconds: undefined, extent: 'layer' }, call)
  const first = await entries.next()
  await entries.return(undefined)
  return first.done === true
}

async function readUsage(context: Context, signal: AbortSignal): Promise<readonly SnapshotUsage[]> {
  forgetDeadOwners(context.table, context.root)
  const held = new Set(context.table.holds().map(({ snapshot }) => snapshot))
  const usages: SnapshotUsage[] = []
  for (const snapshot of context.table.list()) {
    const { id, parent, origin, revises, state, createdAt, lastUsedAt } = snapshot
    usages.push({ id, parent, origin: origin ?? revises, state, sizeBytes: await sizeOf(snapshot, context, signal), createdAt, lastUsedAt, inUse: held.has(id) })
  }
  return usages
}

/** Counted when first asked for: most snapshots are never asked about. */
async function sizeOf(snapshot: StoredSnapshot, context: Context, signal: AbortSignal): Promise<number> {
  if (snapshot.state === 'lazy') return 0
  if (snapshot.sizeBytes !== undefined) return snapshot.sizeBytes
  const sizeBytes = await treeSizeBytes(fromText(diffOf(layerOf(snapshot, context))), signal)
  context.table.recordSize(snapshot.id, sizeBytes)
  return sizeBytes
}

async function remove(id: SnapshotId, usedBefore: number, context: Context): Promise<boolean> {
  forgetDeadOwners(context.table, context.root)
  const removed = context.table.remove(id, usedBefore)
  if (removed === undefined) return context.table.get(id) === undefined
  if (removed.folder === undefined) return true
  await context.leftovers.settled() // a view of it, perhaps
  await using undo = new AsyncDisposableStack()
  // Out of sight at once: to unlink a large layer takes seconds
  renameSync(layerOf(removed, context), join(openScratch(undo, context), 'removed'))
  return true
}

/** Holds count as long as their owner lives. */
export function forgetDeadOwners(table: SnapshotTable, root: string): void {
  const owners = new Set(table.holds().map((hold) => hold.owner))
  for (const name of owners) {
    if (!isTempFolderOwned(ownersFolder(root), name)) table.releaseOwner(name)
  }
}

function publicOf({ id, parent, origin, revises, state, diffId }: StoredSnapshot): Snapshot {
  return { id, parent, origin, revises, state, diffId }
}
