import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { startPelago } from '../support/startedCommand.ts'
import { findLeftovers, findProcesses, untilNone } from '../support/engine/traces.ts'

const GONE_MS = 60_000
const STEPS = [
  'COPY note.txt .',
  'RUN i=0; while [ $i -lt 50 ]; do echo $i > file$i; i=$((i+1)); done',
  'RUN cat note.txt > result; ls | wc -l >> result',
]
const LAST_STEP = 'RUN cat /work/result > /work/copy'

/** One store, and what its engine is started with, for each of two commands. */
const engines = [
  { name: 'two commands of one engine', settings: [{}, {}] },
  { name: 'two commands with engines that end with them', settings: [{ PELAGO_LINGER: '0' }, { PELAGO_LINGER: '0' }] },
  { name: 'two engines at once', settings: [{ PELAGO_OTHER: 'a' }, { PELAGO_OTHER: 'b' }] },
] as const

const contexts = [
  { name: 'the same context', notes: ['one', 'one'] },
  { name: 'different contexts', notes: ['one', 'other'] },
] as const

function storeOf({ env }: Pelago): string {
  return env['PELAGO_ROOT'] ?? ''
}

function contextOf(pelago: Pelago, note: string): Promise<string> {
  return pelago.context(busyboxContext([...STEPS, LAST_STEP], { 'note.txt': `${note}\n` }))
}

function countLayers(pelago: Pelago): number {
  return readdirSync(join(storeOf(pelago), 'layers')).length
}

function readResult({ folder }: Pelago, output: string): string {
  return readFileSync(join(folder, output, 'work/copy'), 'utf8')
}

describe('builds at once on one store', { skip: missing('crun', 'busybox') }, () => {
  for (const { name, settings } of engines) {
    for (const { name: what, notes } of contexts) {
      it(`of ${what} by ${name} both come out right, and leave nothing`, async () => {
        await using pelago = await openPelago({ PELAGO_LINGER: '1', PELAGO_WARM: '0' })
        const builds = notes.map(async (note, index) => {
          const context = await contextOf(pelago, note)
          await pelago.succeed(['build', '--output', `out${index}`, '--output', `type=oci,dest=${index}.tar`, '--tag', `test/app${index}:1`, context], { env: settings[index] ?? {} })
        })
        await Promise.all(builds)
        for (const [index, note] of notes.entries()) assert.equal(readResult(pelago, `out${index}`), `${note}\n52\n`)
        await untilNone(() => findProcesses(storeOf(pelago)), GONE_MS)
        assert.deepEqual(findLeftovers(storeOf(pelago)), [])
      })
    }
  }
})

describe('prune in the middle of a build', { skip: missing('crun', 'busybox') }, () => {
  /** While it pauses, nothing but the build itself knows that it will need the first stage, which it found in the cache. */
  const PAUSED = [
    ...STEPS,
    'FROM scratch',
    'COPY --chmod=755 busybox /bin/busybox',
    'RUN ["/bin/busybox", "sh", "-c", "echo \\"is pau\\"\\"sed\\"; busybox sleep 6"]',
    'COPY --from=0 /work/result /work/copy',
  ]
  const pruners = [
    { name: 'through the same engine', settings: {} },
    { name: 'by another engine', settings: { PELAGO_OTHER: 'pruner' } },
  ]
  for (const { name, settings } of pruners) {
    it(`${name} takes what nobody needs, and nothing from the build`, async () => {
      await using pelago = await openPelago({ PELAGO_LINGER: '1', PELAGO_WARM: '0' })
      const files = { 'note.txt': 'kept\n' }
      await pelago.succeed(['build', await pelago.context(busyboxContext(['RUN dd if=/dev/zero of=unneeded bs=1M count=1 2>/dev/null']))])
      await pelago.succeed(['build', await pelago.context(busyboxContext(STEPS, files))])
      const before = countLayers(pelago)
      const context = await pelago.context(busyboxContext(PAUSED, files))
      await using build = startPelago(pelago, ['build', '--progress=plain', '--output', 'out', '--tag', 'test/app:1', context])
      await build.printed(/is paused/)
      await pelago.succeed(['prune', '--all', '--force'], { env: settings })
      assert.ok(countLayers(pelago) < before, 'what was not needed is gone')
      const { status, output } = await build.ended
      assert.equal(status, 0, output)
      assert.equal(readResult(pelago, 'out'), 'kept\n52\n')
      await pelago.succeed(['build', '--output', 'again', context])
      assert.equal(readResult(pelago, 'again'), 'kept\n52\n')
    })
  }
})
