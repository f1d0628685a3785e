import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createEarlyWriteback } from './earlyWriteback.ts'
import { readCached } from './pageCache.suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'pelago-writeback-'))
after(() => rmSync(folder, { recursive: true }))

const MIB = 1024 * 1024

async function countDirtyAfter(sizeBytes: number, name: string): Promise<{ readonly before: number | undefined; readonly after: number | undefined }> {
  const fd = openSync(join(folder, name), 'w')
  try {
    writeSync(fd, Buffer.alloc(sizeBytes, 'x'))
    const before = readCached(fd)?.dirtyBytes
    await using writeback = createEarlyWriteback(fd)
    writeback.note(sizeBytes)
    await writeback[Symbol.asyncDispose]()
    return { before, after: readCached(fd)?.dirtyBytes }
  } finally {
    closeSync(fd)
  }
}

const UNTOLD = ((await countDirtyAfter(MIB, 'trial')).before ?? 0) === 0 && 'the kernel does not tell what is not written, or keeps all in memory'

describe('early write-back', () => {
  it('begins to write what a long file has', { skip: UNTOLD }, async () => {
    assert.equal((await countDirtyAfter(16 * MIB, 'long')).after, 0)
  })

  it('leaves a short file to its sync', async () => {
    const { before, after: left } = await countDirtyAfter(MIB, 'short')
    assert.equal(left, before)
  })

  it('takes a file that cannot be written to the disk for what it is', async () => {
    const fd = openSync('/dev/null', 'w')
    await using writeback = createEarlyWriteback(fd)
    writeback.note(16 * MIB)
    await writeback[Symbol.asyncDispose]()
    closeSync(fd)
  })
})
