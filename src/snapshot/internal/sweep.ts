import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fromText } from '../../kit/byteString.ts'
import { isTempFolderOwned, sweepTempFolders } from '../../kit/files/tempFolder.ts'
import { removeTree } from './fileTree.ts'
import { forgetDeadOwners } from './layerStore.ts'
import { layersFolder, ownersFolder } from './store/storeContext.ts'
import { removeMounted } from './mounts.ts'
import type { SnapshotTable } from './snapshotTable.ts'

/**
 * Removes what killed processes left in a store: mounts, writable trees, half-unpacked layers, holds; and what a crash
 * of the machine may have torn. Others may be at work in it.
 */
export async function sweepStore(root: string, table: SnapshotTable, signal: AbortSignal): Promise<void> {
  table.forgetTorn()
  await sweepTempFolders(ownersFolder(root), removeMounted)
  forgetDeadOwners(table, root)
  for (const folder of readdirSync(layersFolder(root))) {
    signal.throwIfAborted()
    const [owner = ''] = folder.split('-')
    // In this order: once the owner is gone, no row can come any more
    if (isTempFolderOwned(ownersFolder(root), owner) || table.hasFolder(folder)) continue
    await removeTree(fromText(join(layersFolder(root), folder)))
  }
}
