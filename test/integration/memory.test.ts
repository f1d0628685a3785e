import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { findProcesses } from '../support/engine/traces.ts'

const LIMIT_MB = 220
/** The layer has 1 GB, of which what is random costs gzip most of the time. */
const STEPS = ['RUN dd if=/dev/urandom of=random bs=1M count=160 2>/dev/null && dd if=/dev/zero of=zero bs=1M count=864 2>/dev/null']
/** The engine that built it is asked when all is over. */
const SETTINGS = { PELAGO_LINGER: '5', PELAGO_WARM: '0' }

/** The most memory that the engine had at any time. */
function peakMb({ env }: Pelago): number {
  const store = env['PELAGO_ROOT'] ?? ''
  const engine = findProcesses(store).find(({ argv }) => argv[0]?.endsWith('/node') === true)
  assert.ok(engine, 'the engine lingers')
  const peakKb = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${engine.pid}/status`, 'utf8'))?.[1]
  return Number(peakKb) / 1024
}

describe('the memory of an engine', { skip: missing('crun', 'busybox', 'docker-registry') }, () => {
  for (const compression of ['gzip', 'zstd'] as const) {
    it(`stays below ${LIMIT_MB} MB while 1 GB is exported as ${compression} to an archive and a registry`, async () => {
      await using pelago = await openPelago(SETTINGS)
      await using registry = await startDockerRegistry()
      const archive = join(pelago.folder, 'image.tar')
      const outputs = [`type=oci,dest=${archive},compression=${compression}`, `type=image,push=true,name=${registry.host}/big:1,compression=${compression}`]
      await pelago.succeed(['build', ...outputs.flatMap((output) => ['--output', output]), await pelago.context(busyboxContext(STEPS))])
      const peak = peakMb(pelago)
      await rm(archive)
      assert.ok(peak < LIMIT_MB, `the peak was ${peak.toFixed(0)} MB`)
    })
  }
})
