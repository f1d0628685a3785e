import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { putEntries } from './putResult.ts'

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'put-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('what was merged', () => {
  it('is put into a file beside what a process of the same id has left there', () => withFolder(async (folder) => {
    const path = join(folder, 'a.tar')
    await writeFile(`${path}.${process.pid}.partial`, 'stale')
    await putEntries([], { kind: 'file', path }, new PassThrough(), new AbortController().signal)
    assert.ok((await readFile(path)).byteLength > 0)
  }))
  it('leaves nothing where it was cancelled', () => withFolder(async (folder) => {
    const reason = new Error('cancelled')
    await assert.rejects(putEntries([], { kind: 'file', path: join(folder, 'a.tar') }, new PassThrough(), AbortSignal.abort(reason)), reason)
    assert.deepEqual(await readdir(folder), [])
  }))
})
