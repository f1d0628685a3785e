import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openFileStore } from '../../src/content/fileStore.ts'
import { missing } from '../support/requires.ts'

const CHILD = join(import.meta.dirname, '..', 'support', 'ingestChild.ts')
const signal = new AbortController().signal
const parent = mkdtempSync(join(tmpdir(), 'pelago-store-'))
after(() => rmSync(parent, { recursive: true }))
const newFolder = (): string => mkdtempSync(join(parent, 'store-'))

describe('a store that several processes share', () => {
  const killed = [
    { resumeKey: '', isKept: false },
    { resumeKey: 'layer', isKept: true },
  ]
  for (const { resumeKey, isKept } of killed) {
    it(`${isKept ? 'keeps for a resume' : 'sweeps'} what a killed ingest ${isKept ? 'of a key ' : ''}wrote`, async () => {
      const folder = newFolder()
      const child = await startIngest(folder, resumeKey, 100_000)
      assert.equal(readdirSync(join(folder, 'ingest')).length, 1)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const store = await openFileStore({ folder, now: Date.now }, signal)
      assert.equal(readdirSync(join(folder, 'ingest')).length, isKept ? 1 : 0)
      await using ingest = await store.openIngest({ resumeKey: 'layer' }, signal)
      assert.equal(ingest.offset, isKept ? 100_000 : 0)
    })
  }

  it('leaves a key to the process that has it, and starts another from nothing', async () => {
    const folder = newFolder()
    const child = await startIngest(folder, 'layer', 100_000)
    assert.equal(runIngest(folder, 'layer', 100_000), 'offset 0\nwritten\ncommitted\n')
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.equal(runIngest(folder, 'layer', 200_000), 'offset 100000\nwritten\ncommitted\n')
  })
})

describe('a store on a full disk', { skip: missing('unshare', 'mount') || (process.getuid?.() === 0 ? false : 'needs root to mount a small disk') }, () => {
  it('says so, and what to do', () => {
    const folder = join(newFolder(), 'disk')
    mkdirSync(folder)
    const script = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" "$3" "$1" "" 4000000 commit'
    const output = execFileSync('unshare', ['-m', 'sh', '-c', script, 'sh', folder, process.execPath, CHILD], { encoding: 'utf8' })
    assert.match(output, /^offset 0\nStoreFullError unavailable free some: pelago prune/)
  })
})

/** Up to the point where it has written all and hangs. */
async function startIngest(folder: string, resumeKey: string, sizeBytes: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CHILD, folder, resumeKey, String(sizeBytes), 'hang'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += String(chunk)
    if (output.includes('written')) return child
  }
  throw new Error(`the ingest ended: ${output}`)
}

function runIngest(folder: string, resumeKey: string, sizeBytes: number): string {
  return execFileSync(process.execPath, [CHILD, folder, resumeKey, String(sizeBytes), 'commit'], { encoding: 'utf8' })
}
