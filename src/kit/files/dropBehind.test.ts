import assert from 'node:assert/strict'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createDropBehind } from './dropBehind.ts'
import { readCached, reasonAgainstDropping } from './pageCache.suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'pelago-drop-'))
after(() => rmSync(folder, { recursive: true }))

const MIB = 1024 * 1024
const FILE_BYTES = 64 * MIB

/** What is in memory of a file that was written to the disk, and then read up to `readBytes`, as if it were `sizeBytes` long. */
async function cachedAfter(readBytes: number, sizeBytes: number): Promise<number | undefined> {
  const fd = openSync(join(folder, `${readBytes} of ${sizeBytes}`), 'w+')
  try {
    writeSync(fd, Buffer.alloc(FILE_BYTES, 'x'))
    fsyncSync(fd)
    const dropBehind = createDropBehind(fd, sizeBytes)
    dropBehind.note(readBytes)
    await dropBehind[Symbol.asyncDispose]()
    return readCached(fd)?.cachedBytes
  } finally {
    closeSync(fd)
  }
}

const probe = openSync(join(folder, 'probe'), 'w')
const UNTOLD = reasonAgainstDropping(folder, probe)
closeSync(probe)

describe('a file that is read', () => {
  it('leaves memory as far as it was read, where it is too large to stay', { skip: UNTOLD }, async () => {
    assert.equal(await cachedAfter(32 * MIB, totalmem()), 32 * MIB)
  })

  it('stays where it is not', { skip: UNTOLD }, async () => {
    assert.equal(await cachedAfter(32 * MIB, FILE_BYTES), FILE_BYTES)
  })

  it('stays for as little as is not worth a call', { skip: UNTOLD }, async () => {
    assert.equal(await cachedAfter(MIB, totalmem()), FILE_BYTES)
  })
})
