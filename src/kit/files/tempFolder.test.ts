import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createTempFolder, isTempFolderOwned, sweepTempFolders } from './tempFolder.ts'

const root = mkdtempSync(join(tmpdir(), 'pelago-temp-'))
after(() => rmSync(root, { recursive: true }))
let parents = 0
const newParent = (): string => join(root, String(++parents))

describe('createTempFolder', () => {
  it('makes a folder that goes with its lock when it is disposed', async () => {
    const parent = newParent()
    {
      await using folder = createTempFolder(parent)
      writeFileSync(join(folder.path, 'file'), 'content')
      assert.equal(isTempFolderOwned(parent, folder.name), true)
    }
    assert.deepEqual(readdirSync(parent), [])
  })

  it('keeps its folder from a sweep', async () => {
    const parent = newParent()
    await using folder = createTempFolder(parent)
    assert.deepEqual(await sweepTempFolders(parent), [])
    assert.ok(existsSync(folder.path))
  })

  it('leaves to the next sweep what a killed process had', async () => {
    const parent = newParent()
    const holder = spawn(process.execPath, [join(import.meta.dirname, '../testdata/holdFolder.ts'), parent], { stdio: ['ignore', 'pipe', 'inherit'] })
    const name = await readName(holder.stdout)
    assert.equal(isTempFolderOwned(parent, name), true)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    assert.equal(isTempFolderOwned(parent, name), false)
    assert.deepEqual(await sweepTempFolders(parent), [name])
    assert.deepEqual(readdirSync(parent), [])
  })
})

async function readName(stream: AsyncIterable<Buffer>): Promise<string> {
  for await (const chunk of stream) return chunk.toString()
  throw new Error('the other process said nothing')
}
