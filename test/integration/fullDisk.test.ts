import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { findLeftovers, findProcesses, untilNone } from '../support/engine/traces.ts'

/** A store on a disk of its own, which goes with it. */
interface SmallDisk extends AsyncDisposable {
  readonly pelago: Pelago
  readonly store: string
  resize(sizeMb: number): void
}

async function openSmallDisk(sizeKb: number): Promise<SmallDisk> {
  await using undo = new AsyncDisposableStack()
  const pelago = undo.use(await openPelago({ PELAGO_LINGER: '0' }))
  const store = pelago.env['PELAGO_ROOT'] ?? ''
  mkdirSync(store)
  mount('-t', 'tmpfs', '-o', `size=${sizeKb}k`, 'pelago-test', store)
  undo.defer(async () => {
    await untilNone(() => findProcesses(store), 60_000)
    spawnSync('umount', ['--lazy', store])
  })
  const held = undo.move()
  return { pelago, store, resize: (size) => mount('-o', `remount,size=${size}m`, store), [Symbol.asyncDispose]: () => held.disposeAsync() }
}

function mount(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

const FILL = 'RUN dd if=/dev/urandom of=random bs=1M count=24 2>/dev/null && cat note.txt > result'
const cases = [
  { name: 'a step that writes', sizeKb: 20_000 },
  { name: 'the context that is read', sizeKb: 1_500 },
  { name: 'files that are copied', sizeKb: 3_000 },
  { name: 'a layer that is packed', sizeKb: 40_000 },
  { name: 'an engine that starts', sizeKb: 64 },
] as const

describe('a store on a full disk', { skip: process.getuid?.() === 0 ? missing('crun', 'busybox', 'mount') : 'needs root, to mount a small disk' }, () => {
  for (const { name, sizeKb } of cases) {
    it(`fails ${name} clearly, and builds once there is room`, async () => {
      await using disk = await openSmallDisk(sizeKb)
      const { pelago, store } = disk
      const context = await pelago.context(busyboxContext(['COPY note.txt .', FILL], { 'note.txt': 'a note\n' }))
      const build = ['build', '--tag', 'test/app:1', '--output', 'out', '--output', 'type=oci,dest=image.tar', context]
      const failed = await pelago.run(build)
      assert.doesNotMatch(failed.stderr, /bug in Pelago|^ +at /m)
      assert.ok([1, 125].includes(failed.exitCode), `exit code ${failed.exitCode}\n${failed.stderr}`)
      assert.match(failed.stderr, new RegExp(`no space left for the store in "${store}"[^]*pelago prune`))

      disk.resize(200)
      await pelago.succeed(build)
      assert.equal(readFileSync(join(pelago.folder, 'out/work/result'), 'utf8'), 'a note\n')
      assert.deepEqual(findLeftovers(store), [])
    })
  }
})
