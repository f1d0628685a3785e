import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fromText } from '../../kit/byteString.ts'
import type { Database } from '../../kit/database.ts'
import { isTempFolderOwned, sweepTempFolders } from '../../kit/tempFolder.ts'
import { removeTree } from './fileTree.ts'
import { layersFolder, ownersFolder } from './layerStore.ts'
import { removeMounted } from './mounts.ts'
import { openSnapshotTable } from './snapshotTable.ts'

/** Removes what killed processes left in a store: mounts, writable trees, half-unpacked layers, holds. Others may be at work in it. */
export async function sweepStore(root: string, database: Database, signal: AbortSignal): Promise<void> {
  const table = openSnapshotTable(database)
  for (const name of await sweepTempFolders(ownersFolder(root), removeMounted)) table.releaseOwner(name)
  for (const folder of readdirSync(layersFolder(root))) {
    signal.throwIfAborted()
    const [owner = ''] = folder.split('-')
    // In this order: once the owner is gone, no row can come any more
    if (isTempFolderOwned(ownersFolder(root), owner) || table.hasFolder(folder)) continue
    await removeTree(fromText(join(layersFolder(root), folder)))
  }
}
