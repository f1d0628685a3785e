import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { TarInvalidError, type TarEntry } from '../../archive/tar.ts'
import { readTar } from '../../archive/tarReader.ts'
import { writeTar } from '../../archive/tarWriter.ts'
import { fromText } from '../../kit/byteString.ts'
import type { Database } from '../../kit/database.ts'
import { acquireLock } from '../../kit/fileLock.ts'
import { createHasher } from '../../kit/hashing.ts'
import { isTempFolderOwned, type TempFolder } from '../../kit/tempFolder.ts'
import { readLayerEntries } from '../layerDiff.ts'
import { LayerInvalidError, SnapshotNotFoundError, type LayerOptions, type MutableSnapshot, type Snapshot, type SnapshotId, type SnapshotStore, type SnapshotUsage, type SnapshotView } from '../snapshotStore.ts'
import { unpackLayer } from '../unpackLayer.ts'
import { diffOf, type Backend } from './backend.ts'
import { removeTree, treeSizeBytes } from './fileTree.ts'
import { hasSameMetadata, NEW_FOLDER, readLayerFile } from './layerFile.ts'
import { openSnapshotTable, type HoldId, type SnapshotTable, type StoredSnapshot } from './snapshotTable.ts'

/** Where a store keeps its snapshots, and for whom. */
export interface SnapshotPlace {
  /** The store's folder: layers are in `layers/`, what processes work on in `owners/`. */
  readonly root: string
  readonly database: Database
  /** This process's folder under `ownersFolder(root)`: what it holds ends with it. */
  readonly owner: TempFolder
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Another one whenever the machine was started anew. */
  readonly bootId: string
}

export function layersFolder(root: string): string {
  return join(root, 'layers')
}

export function ownersFolder(root: string): string {
  return join(root, 'owners')
}

/** What the parts of a store share. */
interface Context extends SnapshotPlace {
  readonly table: SnapshotTable
  readonly backend: Backend
  /** A new name for a layer or a scratch folder of this process. */
  readonly nextName: () => string
}

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
    unpack: (id, tar, signal) => unpack(id, tar, { context, signal }),
    openMutable: (parent, signal) => openMutable(parent, context, signal),
    openView: (id, signal) => openView(id, context, signal),
    readLayer: (id, options, signal) => readLayer(id, options, { context, signal }),
    isEmptyLayer: (id, signal) => isEmptyLayer(id, { context, signal }),
    recordBlob: (id, blob) => void table.recordBlob(id, blob),
    blobs: (id) => table.blobs(id),
    usage: (signal) => readUsage(context, signal),
    remove: (id, usedBefore) => remove(id, usedBefore, context),
  }
}

/** A use of the store that may take long. */
interface Call {
  readonly context: Context
  readonly signal: AbortSignal
}

async function openView(id: SnapshotId | undefined, context: Context, signal: AbortSignal): Promise<SnapshotView> {
  await using undo = new AsyncDisposableStack()
  const scratch = openScratch(undo, context)
  if (id === undefined) return handOver(scratch, [], undo)
  holdUntilDisposed(undo, context.table.hold(id, context.owner.name, context.now()), context)
  const layers = layersOf(id, context)
  const tree = undo.use(await context.backend.openTree(layers, scratch, signal))
  return handOver(tree.path, layers.map(diffOf), undo)
}

function handOver(path: string, layers: readonly string[], undo: AsyncDisposableStack): SnapshotView {
  const held = undo.move()
  return { path, layers, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

async function openMutable(parent: SnapshotId | undefined, context: Context, signal: AbortSignal): Promise<MutableSnapshot> {
  await using undo = new AsyncDisposableStack()
  const scratch = openScratch(undo, context)
  if (parent !== undefined) holdUntilDisposed(undo, context.table.hold(parent, context.owner.name, context.now()), context)
  const tree = undo.use(await context.backend.openMutable(parent === undefined ? [] : layersOf(parent, context), scratch, signal))
  const held = undo.move()
  return {
    path: tree.path,
    async commit(finish) {
      const folder = context.nextName()
      const layer = await tree.seal()
      await finish?.(diffOf(layer))
      renameSync(layer, join(layersFolder(context.root), folder))
      const id = randomUUID() as SnapshotId
      holdUntilDisposed(held, context.table.insertPresent(id, { parent, folder, owner: context.owner.name }, context.now()), context)
      return id
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

function openScratch(undo: AsyncDisposableStack, { owner, nextName }: Context): string {
  const scratch = join(owner.path, nextName())
  mkdirSync(scratch)
  undo.defer(() => removeTree(fromText(scratch)))
  return scratch
}

function holdUntilDisposed(undo: AsyncDisposableStack, hold: HoldId, { table }: Context): void {
  undo.defer(() => {
    try {
      table.release(hold)
    } catch {
      // A full disk, say: what is not given back ends with this process
    }
  })
}

/** @throws SnapshotNotFoundError */
function layersOf(id: SnapshotId, context: Context): readonly string[] {
  return context.table.chain(id).map((snapshot) => layerOf(snapshot, context))
}

function layerOf({ id, folder }: StoredSnapshot, { root }: Context): string {
  if (folder === undefined) throw new Error(`snapshot ${id} is lazy: unpack it first`)
  return join(layersFolder(root), folder)
}

/** @throws SnapshotNotFoundError */
function presentOf(id: SnapshotId, { table }: Context): StoredSnapshot {
  const found = table.get(id)
  if (found === undefined) throw new SnapshotNotFoundError(id)
  return found
}

async function unpack(id: SnapshotId, tar: AsyncIterable<Uint8Array>, { context, signal }: Call): Promise<void> {
  const lockName = createHash('sha256').update(id).digest('hex').slice(0, 32)
  const wanted = presentOf(id, context)
  await using lock = await acquireLock(join(context.root, 'locks', lockName), 'exclusive', signal)
  if (presentOf(id, context).state === 'present') await closeUnread(tar)
  else await unpackAlone(wanted, tar, { context, signal })
  lock.remove()
}

/** A stream that nobody reads keeps its connection open. */
async function closeUnread(stream: AsyncIterable<Uint8Array>): Promise<void> {
  await stream[Symbol.asyncIterator]().return?.()
}

async function unpackAlone({ id, parent, diffId }: StoredSnapshot, tar: AsyncIterable<Uint8Array>, { context, signal }: Call): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const scratch = openScratch(undo, context)
  const layer = join(scratch, 'layer')
  mkdirSync(diffOf(layer), { recursive: true })
  const lower = parent === undefined ? undefined : await openView(parent, context, signal)
  if (lower !== undefined) undo.use(lower)
  const hasher = createHasher()
  try {
    const target = { folder: fromText(diffOf(layer)), lower: lower === undefined ? undefined : fromText(lower.path) }
    await unpackLayer(readTar(hasher.pass(tar)), target, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof TarInvalidError) throw new LayerInvalidError(`layer of ${id} is no whole tar archive`, { hint: 'pull it again', cause: error })
    throw error
  }
  const { digest } = hasher.result()
  if (diffId !== undefined && digest !== diffId) throw new LayerInvalidError(`layer of ${id} is ${digest}, not ${diffId}`, { hint: 'pull it again; if it stays so, the image is damaged' })
  const folder = context.nextName()
  renameSync(layer, join(layersFolder(context.root), folder))
  context.table.markPresent(id, folder, context.now())
}

async function* readLayer(id: SnapshotId, options: LayerOptions, call: Call): AsyncGenerator<Uint8Array> {
  yield* writeTar(readEntries(id, options, call))
}

async function* readEntries(id: SnapshotId, options: LayerOptions, { context, signal }: Call): AsyncGenerator<TarEntry> {
  await using undo = new AsyncDisposableStack()
  holdUntilDisposed(undo, context.table.hold(id, context.owner.name, context.now()), context)
  const snapshot = presentOf(id, context)
  const lower = snapshot.parent === undefined ? undefined : undo.use(await openView(snapshot.parent, context, signal)).path
  const layer = { folder: fromText(diffOf(layerOf(snapshot, context))), lower: lower === undefined ? undefined : fromText(lower) }
  yield* readLayerEntries({ ...layer, hasOwnRoot: hasOwnRoot(snapshot, context) }, options, signal)
}

async function isEmptyLayer(id: SnapshotId, call: Call): Promise<boolean> {
  const entries = readEntries(id, { clampTimeSeconds: undefined }, call)
  const first = await entries.next()
  await entries.return(undefined)
  return first.done === true
}

/** Whether the root folder itself was given another mode, owner or attribute. */
function hasOwnRoot(snapshot: StoredSnapshot, context: Context): boolean {
  const rootOf = (id: SnapshotId): ReturnType<typeof readLayerFile> => readLayerFile(fromText(diffOf(layerOf(presentOf(id, context), context))))
  const before = snapshot.parent === undefined ? NEW_FOLDER : rootOf(snapshot.parent)
  const after = rootOf(snapshot.id)
  return !hasSameMetadata({ ...before, mtimeNs: 0n }, { ...after, mtimeNs: 0n })
}

async function readUsage(context: Context, signal: AbortSignal): Promise<readonly SnapshotUsage[]> {
  forgetDeadOwners(context.table, context.root)
  const held = new Set(context.table.holds().map(({ snapshot }) => snapshot))
  const usages: SnapshotUsage[] = []
  for (const snapshot of context.table.list()) {
    const { id, parent, state, createdAt, lastUsedAt } = snapshot
    usages.push({ id, parent, state, sizeBytes: await sizeOf(snapshot, context, signal), createdAt, lastUsedAt, inUse: held.has(id) })
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

function publicOf({ id, parent, state, diffId }: StoredSnapshot): Snapshot {
  return { id, parent, state, diffId }
}
