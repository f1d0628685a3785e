import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { graftSuite } from '../../src/snapshot/graft.suite.ts'
import { probeOverlay, type SnapshotBackend } from '../../src/snapshot/openSnapshots.ts'
import { snapshotStoreSuite } from '../../src/snapshot/snapshotStore.suite.ts'
import { missingForRootWork } from '../support/requires.ts'

const notReady = missingForRootWork('tar')

const noOverlay = notReady || reasonAgainst(await probe())

snapshotStoreSuite('the copying store', 'copy', notReady)
snapshotStoreSuite('the overlay store', 'auto', noOverlay)
graftSuite('the copying store', 'copy', notReady)
graftSuite('the overlay store', 'auto', noOverlay)

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
