import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { mount, MOUNT_FLAG, mountOverlay, unmount, UNMOUNT_FLAG } from '../../src/kit/syscalls/mount.ts'
import { probeOverlay, type SnapshotBackend } from '../../src/snapshot/openSnapshots.ts'

const probed = await probe()

describe('an overlay mount', { skip: probed.kind === 'overlay' ? false : `needs overlayfs: ${probed.reason}` }, () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pelago-mount-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const { name, pad } of [
    { name: 'short names', pad: 'layer' },
    { name: 'commas, colons and backslashes in their names', pad: 'a,b:c\\d' },
    { name: 'paths longer than one option may be', pad: 'x'.repeat(240) },
  ]) {
    it(`shows 300 layers with ${name}, the first above the others`, async () => {
      const place = mkdtempSync(join(folder, 'case-'))
      const lower = Array.from({ length: 300 }, (_, index) => {
        const layer = join(place, `${pad}${index}`)
        mkdirSync(layer)
        writeFileSync(join(layer, `file${index}`), '')
        writeFileSync(join(layer, 'shared'), String(index))
        return layer
      })
      const [target, upper, work] = ['target', 'upper', 'work'].map((child) => join(place, child))
      assert.ok(target !== undefined && upper !== undefined && work !== undefined)
      for (const path of [target, upper, work]) mkdirSync(path)
      mountOverlay({ target, lower, upper: { folder: upper, work }, options: ['userxattr', 'volatile'] })
      try {
        writeFileSync(join(target, 'new'), '')
        assert.equal(readdirSync(target).length, 302)
        assert.deepEqual(readdirSync(upper), ['new'])
      } finally {
        await unmount(target, UNMOUNT_FLAG.detach)
      }
      assert.deepEqual(readdirSync(target), [])
    })
  }

  it('of a layer that is absent fails with the reason', () => {
    const target = mkdtempSync(join(folder, 'case-'))
    assert.throws(() => mountOverlay({ target, lower: [join(folder, 'absent'), folder], upper: undefined, options: [] }), { name: 'SyscallError', code: 'ENOENT' })
  })

  it('beside a bind mount, which shows one folder in another place', async () => {
    const [source, target] = [mkdtempSync(join(folder, 'source-')), mkdtempSync(join(folder, 'target-'))]
    writeFileSync(join(source, 'file'), '')
    mount({ source, target, type: '', flags: MOUNT_FLAG.bind, data: '' })
    try {
      assert.deepEqual(readdirSync(target), ['file'])
    } finally {
      await unmount(target, 0)
    }
    await assert.rejects(unmount(target, 0), { name: 'SyscallError', code: 'EINVAL' })
  })
})

async function probe(): Promise<SnapshotBackend> {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-probe-'))
  try {
    return await probeOverlay(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
