import { mkdirSync, realpathSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fromText } from '../kit/byteString.ts'
import { spreadFolders } from '../kit/files/spreadFolders.ts'
import { createTempFolder } from '../kit/files/tempFolder.ts'
import { SyscallError } from '../kit/syscalls/libc.ts'
import { mountOverlay } from '../kit/syscalls/mount.ts'
import { mknod, syncfs } from '../kit/syscalls.ts'
import { createCopySnapshots } from './copySnapshots.ts'
import { readBootId } from './internal/bootId.ts'
import { removeTree } from './internal/fileTree.ts'
import { createLeftovers } from './internal/store/leftovers.ts'
import { layersFolder, ownersFolder, type SnapshotPlace } from './internal/store/storeContext.ts'
import { removeMounted, unmountTree } from './internal/mounts.ts'
import { openSnapshotTable, type SnapshotTable } from './internal/snapshotTable.ts'
import { sweepStore } from './internal/sweep.ts'
import { createOverlaySnapshots } from './overlaySnapshots.ts'
import type { SnapshotStore } from './snapshotStore.ts'

/** A store in use by this process. Disposing it, after all views and mutable snapshots are, gives back what is left. */
export interface OpenedSnapshots extends AsyncDisposable {
  readonly snapshots: SnapshotStore
  readonly backend: SnapshotBackend
  /** Makes the snapshots that are there by now last through a crash of the machine; one that did not come to this is removed after it. */
  readonly sync: () => Promise<void>
}

/** `reason`: why overlayfs was not taken. */
export type SnapshotBackend = { readonly kind: 'overlay' } | { readonly kind: 'copy'; readonly reason: string }

export interface SnapshotOptions extends Omit<SnapshotPlace, 'owner' | 'bootId' | 'leftovers'> {
  /** The machine's own where it is not given. */
  readonly bootId?: string
  /** `auto`: overlayfs where a trial mount works, else copying. */
  readonly backend: 'auto' | 'copy'
}

/** Opens the store in `root`; removes what killed processes and crashes of the machine left in it. Call it once a process. */
export async function openSnapshots({ bootId = readBootId(), ...options }: SnapshotOptions, signal: AbortSignal): Promise<OpenedSnapshots> {
  mkdirSync(layersFolder(options.root), { recursive: true })
  const root = realpathSync(options.root) // as the kernel's table of mounts has it
  await using undo = new AsyncDisposableStack()
  const owner = undo.use(createTempFolder(ownersFolder(root), removeMounted))
  spreadFolders(owner.path) // layers are made in it
  const leftovers = createLeftovers()
  undo.defer(() => leftovers.settled())
  const table = openSnapshotTable(options.database, bootId)
  await sweepStore(root, table, signal)
  const backend: SnapshotBackend = options.backend === 'copy' ? { kind: 'copy', reason: 'asked for' } : await probeOverlay(owner.path)
  const place = { root, database: options.database, now: options.now, owner, leftovers, bootId }
  const snapshots = backend.kind === 'overlay' ? createOverlaySnapshots(place) : createCopySnapshots(place)
  const held = undo.move()
  return { snapshots, backend, sync: () => syncSnapshots(root, table), [Symbol.asyncDispose]: () => held.disposeAsync() }
}

async function syncSnapshots(root: string, table: SnapshotTable): Promise<void> {
  const ids = table.unsynced() // those that come while it syncs wait for the next time
  if (ids.length === 0) return
  await using folder = await open(layersFolder(root))
  await syncfs(folder.fd)
  table.markSynced(ids)
}

const S_IFCHR = 0o020000

/** Mounts an overlay with all that a store needs in `folder`, and takes it away again. */
export async function probeOverlay(folder: string): Promise<SnapshotBackend> {
  const trial = join(folder, 'trial')
  const [first, second, upper, work, merged] = [join(trial, 'first'), join(trial, 'second'), join(trial, 'upper'), join(trial, 'work'), join(trial, 'merged')]
  try {
    for (const path of [first, second, upper, work, merged]) mkdirSync(path, { recursive: true })
    mknod(join(first, 'whiteout'), S_IFCHR, 0, 0)
    mountOverlay({ target: merged, lower: [first, second], upper: { folder: upper, work }, options: ['userxattr', 'volatile'] })
    await unmountTree(merged)
    return { kind: 'overlay' }
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error
    return { kind: 'copy', reason: error.message }
  } finally {
    await removeTree(fromText(trial))
  }
}
