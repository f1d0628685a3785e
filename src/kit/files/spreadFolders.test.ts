import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { spreadFolders } from './spreadFolders.ts'

const EXT4_MAGIC = 0xef53
const notExt4 = statfsSync(tmpdir()).type === EXT4_MAGIC ? false : 'the temporary folder is not on ext4'

describe('spreadFolders', () => {
  it('marks a folder, and not those in it, and keeps its other marks', { skip: notExt4 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'pelago-spread-'))
    try {
      spawnSync('chattr', ['+A', folder])
      assert.equal(spreadFolders(folder), true)
      mkdirSync(join(folder, 'inside'))
      assert.deepEqual([marksOf(folder), marksOf(join(folder, 'inside'))].map((marks) => ['A', 'T'].map((mark) => marks.includes(mark))), [[true, true], [true, false]])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is false where the file system has no such mark', () => assert.equal(spreadFolders('/proc'), false))

  it('tells of a folder that is not there', () => assert.throws(() => spreadFolders('/nothing/here'), { code: 'ENOENT' }))
})

function marksOf(folder: string): string {
  return spawnSync('lsattr', ['-d', folder], { encoding: 'utf8' }).stdout.split(' ')[0] ?? ''
}
