import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openDatabase } from '../kit/database.ts'
import { missingForRootWork } from '../../test/support/requires.ts'
import { createCacheFolders, type CacheFolderRequest, type CacheFolders } from './cacheFolders.ts'

const never = new AbortController().signal
const NPM: CacheFolderRequest = { cacheId: 'npm', beginning: undefined, sharing: 'shared', description: 'npm' }

interface Fixture extends AsyncDisposable {
  readonly root: string
  readonly folders: CacheFolders
  /** As another process has them. */
  readonly others: CacheFolders
  names(): readonly string[]
}

function openFixture(): Fixture {
  const root = mkdtempSync(join(tmpdir(), 'pelago-caches-'))
  let now = 1000
  const databases = [openDatabase(join(root, 'state.db')), openDatabase(join(root, 'state.db'))] as const
  const open = (database: (typeof databases)[number]): CacheFolders => createCacheFolders({ root, database, now: () => (now += 1) })
  return {
    root,
    folders: open(databases[0]),
    others: open(databases[1]),
    names: () => readdirSync(join(root, 'cachemounts')).filter((name) => name !== 'keys'),
    async [Symbol.asyncDispose]() {
      for (const database of databases) database[Symbol.dispose]()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Whether `opening` is still waiting after everybody had a turn. */
async function isWaiting(opening: Promise<unknown>): Promise<boolean> {
  const late = Symbol('late')
  return (await Promise.race([opening, new Promise((resolve) => setTimeout(() => resolve(late), 150))])) === late
}

describe('cache folders', { skip: missingForRootWork() }, () => {
  it('are kept, each under its id', async () => {
    await using fixture = openFixture()
    {
      await using first = await fixture.folders.open(NPM, never)
      writeFileSync(join(first.path, 'kept'), 'yes')
    }
    await using again = await fixture.others.open(NPM, never)
    assert.equal(readFileSync(join(again.path, 'kept'), 'utf8'), 'yes')
    await using other = await fixture.folders.open({ ...NPM, cacheId: 'pip' }, never)
    assert.deepEqual(readdirSync(other.path), [])
    assert.equal(statSync(other.path).mode & 0o7777, 0o755)
  })

  it('are one for all that share it, also when they come at once', async () => {
    await using fixture = openFixture()
    const opened = await Promise.all([fixture.folders, fixture.others, fixture.folders].map((folders) => folders.open(NPM, never)))
    assert.equal(new Set(opened.map(({ path }) => path)).size, 1)
    for (const folder of opened) await folder[Symbol.asyncDispose]()
  })

  it('are another one for who wants it private while it is in use, and the same when it is not', async () => {
    await using fixture = openFixture()
    const request = { ...NPM, sharing: 'private' } as const
    const first = await fixture.folders.open(request, never)
    const second = await fixture.others.open(request, never)
    assert.notEqual(first.path, second.path)
    await second[Symbol.asyncDispose]()
    await using third = await fixture.folders.open(request, never)
    assert.equal(third.path, second.path)
    await first[Symbol.asyncDispose]()
  })

  it('are waited for by who wants one locked', async () => {
    await using fixture = openFixture()
    const request = { ...NPM, sharing: 'locked' } as const
    const first = await fixture.folders.open(request, never)
    const opening = fixture.others.open(request, never)
    assert.ok(await isWaiting(opening))
    await first[Symbol.asyncDispose]()
    await using second = await opening
    assert.equal(second.path, first.path)
    const reason = new Error('enough')
    await assert.rejects(fixture.folders.open(request, AbortSignal.abort(reason)), reason)
  })

  it('begin with what they are given, once for each content', async () => {
    await using fixture = openFixture()
    const begin = join(fixture.root, 'begin')
    mkdirSync(begin)
    writeFileSync(join(begin, 'file'), 'begun')
    const request = { ...NPM, beginning: { digest: 'sha256:1', path: begin } }
    {
      await using first = await fixture.folders.open(request, never)
      assert.equal(readFileSync(join(first.path, 'file'), 'utf8'), 'begun')
      writeFileSync(join(first.path, 'file'), 'changed')
    }
    assert.equal(readFileSync(join(begin, 'file'), 'utf8'), 'begun')
    await using again = await fixture.folders.open(request, never)
    assert.equal(readFileSync(join(again.path, 'file'), 'utf8'), 'changed')
    await using other = await fixture.folders.open({ ...NPM, beginning: { digest: 'sha256:2', path: begin } }, never)
    assert.equal(readFileSync(join(other.path, 'file'), 'utf8'), 'begun')
  })

  it('leave nothing where they cannot be begun', async () => {
    await using fixture = openFixture()
    await assert.rejects(fixture.folders.open({ ...NPM, beginning: { digest: 'sha256:1', path: join(fixture.root, 'none') } }, never))
    assert.deepEqual(fixture.names(), [])
  })

  it('tell their sizes and whether they are in use', async () => {
    await using fixture = openFixture()
    const open = await fixture.folders.open(NPM, never)
    writeFileSync(join(open.path, 'file'), Buffer.alloc(100_000, 1))
    const usage = async (): Promise<unknown> => (await fixture.others.usage(never)).map(({ cacheId, inUse, sizeBytes }) => [cacheId, inUse, sizeBytes > 90_000])
    assert.deepEqual(await usage(), [['npm', true, true]])
    await open[Symbol.asyncDispose]()
    assert.deepEqual(await usage(), [['npm', false, true]])
  })

  it('are removed when nobody has them, and has had them since', async () => {
    await using fixture = openFixture()
    const open = await fixture.folders.open(NPM, never)
    const id = (await fixture.others.usage(never))[0]?.id ?? ''
    assert.equal(await fixture.others.remove(id, Infinity), false)
    await open[Symbol.asyncDispose]()
    assert.equal(await fixture.others.remove(id, 0), false)
    assert.equal(await fixture.others.remove(id, Infinity), true)
    assert.deepEqual([fixture.names(), await fixture.folders.usage(never)], [[], []])
  })

  it('that are forgotten begin anew, and go when who has them is done', async () => {
    await using fixture = openFixture()
    const open = await fixture.folders.open(NPM, never)
    await fixture.others.forget(new Set(['npm', 'none']))
    assert.ok(existsSync(open.path))
    await using fresh = await fixture.others.open(NPM, never)
    assert.notEqual(fresh.path, open.path)
    await open[Symbol.asyncDispose]()
    assert.equal(existsSync(open.path), false)
  })

  it('of a process that was killed while it made one are swept away', async () => {
    await using fixture = openFixture()
    const folder = join(fixture.root, 'cachemounts')
    mkdirSync(join(folder, 'half/made'), { recursive: true })
    writeFileSync(join(folder, 'half.lock'), '')
    await using open = await fixture.folders.open(NPM, never)
    await fixture.folders.sweep()
    assert.deepEqual([existsSync(join(folder, 'half')), existsSync(open.path)], [false, true])
  })
})
