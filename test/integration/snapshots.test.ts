import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { probeOverlay, type SnapshotBackend } from '../../src/snapshot/openSnapshots.ts'
import { snapshotStoreSuite } from '../../src/snapshot/snapshotStore.suite.ts'
import { missing } from '../support/requires.ts'

const notRoot = missingForRootWork()

snapshotStoreSuite('the copying store', 'copy', notRoot || missing('tar'))
snapshotStoreSuite('the overlay store', 'auto', notRoot || missing('tar') || reasonAgainst(await probe()))

async function probe(): Promise<SnapshotBackend> {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-probe-'))
  try {
    return await probeOverlay(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function reasonAgainst(backend: SnapshotBackend): string | false {
  return backend.kind === 'overlay' ? false : `needs overlayfs: ${backend.reason}`
}
