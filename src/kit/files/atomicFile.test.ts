import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { writeFileAtomically } from './atomicFile.ts'

const folder = mkdtempSync(join(tmpdir(), 'pelago-atomic-'))
after(() => rmSync(folder, { recursive: true }))

describe('writeFileAtomically', () => {
  it('replaces a file, with the mode asked for and nothing left beside it', async () => {
    const path = join(folder, 'file')
    await writeFileAtomically(path, 'old', { mode: 0o666 })
    await writeFileAtomically(path, 'new', { mode: 0o640 })
    assert.deepEqual([readFileSync(path, 'utf8'), statSync(path).mode & 0o777, readdirSync(folder)], ['new', 0o640, ['file']])
  })

  it('leaves nothing where it cannot take its place', async () => {
    const path = join(folder, 'taken')
    mkdirSync(join(path, 'inside'), { recursive: true })
    await assert.rejects(writeFileAtomically(path, 'content', { mode: 0o600 }), { code: 'EISDIR' })
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('.')), [])
  })
})
