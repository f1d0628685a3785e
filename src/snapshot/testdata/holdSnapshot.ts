import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../kit/database.ts'
import { openSnapshots } from '../openSnapshots.ts'
import type { SnapshotId } from '../snapshotStore.ts'

/*
 * Another process on a store: makes a snapshot, opens it for writing, says its id and waits to be killed.
 * Arguments: the store's folder, the backend.
 */
const [root = '', backend = ''] = process.argv.slice(2)
const { signal } = new AbortController()
const database = openDatabase(join(root, 'state.db'))
const { snapshots } = await openSnapshots({ root, database, now: Date.now, backend: backend === 'copy' ? 'copy' : 'auto' }, signal)
const base = await commitFile('from', 'another process')
const mutable = await snapshots.openMutable(base, signal)
writeFileSync(join(mutable.path, 'half'), 'done')
mkdirSync(join(root, 'layers', `${mutable.path.split('/').at(-2) ?? ''}9`)) // as if killed between rename and row
process.stdout.write(`${base}\n`)
setInterval(() => undefined, 1000)

async function commitFile(name: string, content: string): Promise<SnapshotId> {
  await using first = await snapshots.openMutable(undefined, signal)
  writeFileSync(join(first.path, name), content)
  return await first.commit()
}
