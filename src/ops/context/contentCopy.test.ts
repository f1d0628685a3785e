import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fromText } from '../../kit/byteString.ts'
import { copyContent } from './contentCopy.ts'

const signal = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'pelago-copy-'))
const memory = mkdtempSync('/dev/shm/pelago-copy-')
after(() => [folder, memory].forEach((path) => rmSync(path, { recursive: true })))

const MIB = 1024 * 1024

function newFile(name: string, sizeBytes: number, inside = folder): string {
  const path = join(inside, name)
  writeFileSync(path, randomBytes(sizeBytes))
  return path
}

const withHole = newFile('with a hole', 20 * MIB)
truncateSync(withHole, 50 * MIB)
writeFileSync(withHole, 'the end', { flag: 'a' })

describe('a file of the context', () => {
  for (const { name, path } of [
    { name: 'an empty file', path: newFile('empty', 0) },
    { name: 'a small file', path: newFile('small', 1000) },
    { name: 'a file of several stretches', path: newFile('large', 40 * MIB + 17) },
    { name: 'a file with a hole', path: withHole },
    { name: 'a file of another file system', path: newFile('elsewhere', 3 * MIB, memory) },
  ]) {
    it(`is copied whole, and its digest told: ${name}`, async () => {
      const target = join(folder, `copy of ${name}`)
      const digest = await copyContent(fromText(path), fromText(target), signal)
      const copied = readFileSync(target)
      assert.ok(copied.equals(readFileSync(path)))
      assert.equal(digest, `sha256:${createHash('sha256').update(copied).digest('hex')}`)
    })
  }

  it('keeps its holes', () => {
    assert.ok(statSync(join(folder, 'copy of a file with a hole')).blocks * 512 < 25 * MIB)
  })

  it('is not copied any further once nobody wants it', async () => {
    const stop = AbortSignal.abort(new Error('enough'))
    await assert.rejects(copyContent(fromText(join(folder, 'large')), fromText(join(folder, 'never')), stop), /enough/)
  })

  it('does not replace what is there', async () => {
    await assert.rejects(copyContent(fromText(join(folder, 'large')), fromText(join(folder, 'small')), signal), { code: 'EEXIST' })
  })
})
