import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fromText } from '../../../kit/byteString.ts'
import type { Database } from '../../../kit/database.ts'
import type { TempFolder } from '../../../kit/files/tempFolder.ts'
import { SnapshotNotFoundError, type SnapshotId, type SnapshotView } from '../../snapshotStore.ts'
import { diffOf, type Backend } from '../backend.ts'
import { removeTree } from '../fileTree.ts'
import type { HoldId, SnapshotTable, StoredSnapshot } from '../snapshotTable.ts'
import type { Leftovers } from './leftovers.ts'

/** Where a store keeps its snapshots, and for whom. */
export interface SnapshotPlace {
  /** The store's folder: layers are in `layers/`, what processes work on in `owners/`. */
  readonly root: string
  readonly database: Database
  /** This process's folder under `ownersFolder(root)`: what it holds ends with it. */
  readonly owner: TempFolder
  readonly leftovers: Leftovers
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
export interface Context extends SnapshotPlace {
  readonly table: SnapshotTable
  readonly backend: Backend
  /** A new name for a layer or a scratch folder of this process. */
  readonly nextName: () => string
}

/** A use of the store that may take long. */
export interface Call {
  readonly context: Context
  readonly signal: AbortSignal
}

export async function openView(id: SnapshotId | undefined, context: Context, signal: AbortSignal): Promise<SnapshotView> {
  await using undo = new AsyncDisposableStack()
  const left = new AsyncDisposableStack()
  undo.defer(() => context.leftovers.clear(() => left.disposeAsync()))
  const scratch = openScratch(left, context)
  if (id === undefined) return handOver(scratch, [], undo)
  holdUntilDisposed(undo, context.table.hold(id, context.owner.name, context.now()), context)
  const layers = layersOf(id, context)
  const tree = left.use(await context.backend.openTree(layers, scratch, signal))
  return handOver(tree.path, layers.map(diffOf), undo)
}

function handOver(path: string, layers: readonly string[], undo: AsyncDisposableStack): SnapshotView {
  const held = undo.move()
  return { path, layers, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

export function openScratch(undo: AsyncDisposableStack, { owner, nextName }: Context): string {
  const scratch = join(owner.path, nextName())
  mkdirSync(scratch)
  undo.defer(() => removeTree(fromText(scratch)))
  return scratch
}

export function holdUntilDisposed(undo: AsyncDisposableStack, hold: HoldId, { table }: Context): void {
  undo.defer(() => {
    try {
      table.release(hold)
    } catch {
      // A full disk, say: what is not given back ends with this process
    }
  })
}

/** @throws SnapshotNotFoundError */
export function layersOf(id: SnapshotId, context: Context): readonly string[] {
  return context.table.chain(id).flatMap((snapshot) => partsOf(snapshot, context))
}

/** The folders in which a present snapshot's own layer is, lowest first: more than one of a revision. */
export function partsOf(snapshot: StoredSnapshot, context: Context): readonly string[] {
  return context.table.parts(snapshot).map((part) => layerOf(part, context))
}

export function layerOf({ id, folder }: StoredSnapshot, { root }: Context): string {
  if (folder === undefined) throw new Error(`snapshot ${id} is lazy: unpack it first`)
  return join(layersFolder(root), folder)
}

/** @throws SnapshotNotFoundError */
export function presentOf(id: SnapshotId, { table }: Context): StoredSnapshot {
  const found = table.get(id)
  if (found === undefined) throw new SnapshotNotFoundError(id)
  return found
}
