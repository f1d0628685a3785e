import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { probeOverlay, type SnapshotBackend } from '../../src/snapshot/openSnapshots.ts'
import { snapshotStoreSuite } from '../../src/snapshot/snapshotStore.suite.ts'
import { missingForRootWork } from '../support/requires.ts'

const notReady = missingForRootWork('tar')

snapshotStoreSuite('the copying store', 'copy', notReady)
snapshotStoreSuite('the overlay store', 'auto', notReady || reasonAgainst(await probe()))

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
