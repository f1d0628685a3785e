import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { digestOf, type Digest } from '../../src/ground/digest.ts'
import { fromText } from '../../src/kit/byteString.ts'
import { openDatabase } from '../../src/kit/database.ts'
import { lsetxattr } from '../../src/kit/syscalls.ts'
import { createContentHasher, type ContentHasher, type ContentSelection } from '../../src/snapshot/contentHash.ts'
import { openSnapshots } from '../../src/snapshot/openSnapshots.ts'
import type { SnapshotId, SnapshotStore } from '../../src/snapshot/snapshotStore.ts'
import { missingForRootWork } from '../support/requires.ts'

const { signal } = new AbortController()
const ALL: ContentSelection = { path: '/', wildcard: false, followSymlinks: false, includePatterns: [], excludePatterns: [] }

interface Fixture extends AsyncDisposable {
  readonly hasher: ContentHasher
  make(work: (path: string) => void, parent?: SnapshotId): Promise<SnapshotId>
  digest(id: SnapshotId, selection: Partial<ContentSelection>): Promise<Digest>
}

describe('the content hasher', { skip: missingForRootWork() }, () => {
  const changes: readonly { readonly name: string; readonly work: (path: string) => void; readonly counts: boolean }[] = [
    { name: 'a time', work: (path) => utimesSync(join(path, 'src/a'), 1, 1), counts: false },
    { name: 'a mode', work: (path) => chmodSync(join(path, 'src/a'), 0o755), counts: true },
    { name: 'a content of the same size', work: (path) => writeFileSync(join(path, 'src/a'), 'A'), counts: true },
    { name: 'an attribute', work: (path) => lsetxattr(join(path, 'src/a'), 'user.note', Buffer.from('x')), counts: true },
    { name: 'a name', work: (path) => writeFileSync(join(path, 'src/new'), ''), counts: true },
    { name: 'a file elsewhere', work: (path) => writeFileSync(join(path, 'other'), ''), counts: false },
  ]
  for (const { name, work, counts } of changes) {
    it(`${counts ? 'sees' : 'does not see'} that ${name} of a folder has changed`, async () => {
      await using fixture = await openFixture()
      const before = await fixture.make(makeTree)
      const after = await fixture.make(work, before)
      const [was, is] = [await fixture.digest(before, { path: '/src' }), await fixture.digest(after, { path: 'src/' })]
      assert.equal(was !== is, counts)
    })
  }

  const same: readonly { readonly name: string; readonly a: Partial<ContentSelection>; readonly b: Partial<ContentSelection> }[] = [
    { name: 'a path through a link inside the root', a: { path: '/link/a' }, b: { path: '/src/a' } },
    { name: 'a link that is followed', a: { path: '/link', followSymlinks: true }, b: { path: '/src' } },
    { name: 'two names of equal files', a: { path: '/src/a' }, b: { path: '/src/deep/copy' } },
    { name: 'a pattern of one match, however it is written', a: { path: '/src/[a]', wildcard: true }, b: { path: 'src/a', wildcard: true } },
    { name: 'patterns without a match', a: { path: '/no*', wildcard: true }, b: { path: '/src/no/*', wildcard: true } },
    { name: 'what is left in and what is not left out', a: { path: '/src', includePatterns: ['a', 'z'] }, b: { path: '/src', excludePatterns: ['deep'] } },
  ]
  for (const { name, a, b } of same) {
    it(`takes ${name} for the same`, async () => {
      await using fixture = await openFixture()
      const id = await fixture.make(makeTree)
      assert.equal(await fixture.digest(id, a), await fixture.digest(id, b))
    })
  }

  const different: readonly { readonly name: string; readonly a: Partial<ContentSelection>; readonly b: Partial<ContentSelection> }[] = [
    { name: 'a link and where it leads', a: { path: '/link' }, b: { path: '/link', followSymlinks: true } },
    { name: 'a folder and a part of it', a: { path: '/src' }, b: { path: '/src', excludePatterns: ['**/copy'] } },
    { name: 'patterns that match more and less', a: { path: '/src/*', wildcard: true }, b: { path: '/src/a*', wildcard: true } },
  ]
  for (const { name, a, b } of different) {
    it(`tells ${name} apart`, async () => {
      await using fixture = await openFixture()
      const id = await fixture.make(makeTree)
      assert.notEqual(await fixture.digest(id, a), await fixture.digest(id, b))
    })
  }

  it('gives the same again from its cache, and for the same files elsewhere', async () => {
    await using fixture = await openFixture()
    const [one, other] = [await fixture.make(makeTree), await fixture.make(makeTree)]
    const first = await fixture.digest(one, {})
    assert.deepEqual([await fixture.digest(one, {}), await fixture.digest(other, {})], [first, first])
  })

  it('does not read a file whose content was seeded', async () => {
    await using fixture = await openFixture()
    const [read, seeded, wrong] = [await fixture.make(makeTree), await fixture.make(makeTree), await fixture.make(makeTree)]
    fixture.hasher.seed(seeded, [[fromText('src/a'), digestOf('a')]])
    fixture.hasher.seed(wrong, [[fromText('src/a'), digestOf('not a')]])
    const [want, same, trusted] = [await fixture.digest(read, {}), await fixture.digest(seeded, {}), await fixture.digest(wrong, {})]
    assert.equal(same, want)
    assert.notEqual(trusted, want)
  })

  const inherited: readonly { readonly name: string; readonly work: (path: string) => void; readonly changed: readonly string[] }[] = [
    { name: 'a changed file', work: (path) => writeFileSync(join(path, 'src/a'), 'A'), changed: ['src/a'] },
    { name: 'a new file in a new folder', work: (path) => makeFile(join(path, 'src/new'), 'file'), changed: ['src/new', 'src/new/file'] },
    { name: 'a file that is gone', work: (path) => rmSync(join(path, 'src/deep/copy')), changed: ['src/deep/copy'] },
    { name: 'a folder that is a link now', work: (path) => makeLink(join(path, 'src/deep')), changed: ['src/deep', 'src/deep/copy'] },
    { name: 'a folder of another mode', work: (path) => chmodSync(join(path, 'src/deep'), 0o700), changed: ['src/deep'] },
    { name: 'nothing', work: () => undefined, changed: [] },
  ]
  for (const { name, work, changed } of inherited) {
    it(`comes to the same with what it knows of the base, for ${name}`, async () => {
      await using fixture = await openFixture()
      const base = await fixture.make(makeTree)
      await fixture.digest(base, {})
      const [alone, onTop] = [await fixture.make(work, base), await fixture.make(work, base)]
      fixture.hasher.seedChanges(onTop, base, changed.map((path) => [fromText(path), undefined]))
      for (const path of ['/', '/src', '/link/a']) assert.equal(await fixture.digest(onTop, { path }), await fixture.digest(alone, { path }))
    })
  }
  it('does not find what is gone, though its base has it', async () => {
    await using fixture = await openFixture()
    const base = await fixture.make(makeTree)
    await fixture.digest(base, { path: '/src/deep' })
    const without = await fixture.make((path) => rmSync(join(path, 'src/deep'), { recursive: true }), base)
    fixture.hasher.seedChanges(without, base, [[fromText('src/deep'), undefined], [fromText('src/deep/copy'), undefined]])
    await assert.rejects(fixture.digest(without, { path: '/src/deep' }), { name: 'ContentNotFoundError' })
  })
  it('does not read again what the base\'s base has, and reads what changed since', async () => {
    await using fixture = await openFixture()
    const base = await fixture.make(makeTree)
    fixture.hasher.seed(base, [[fromText('src/deep/copy'), digestOf('not a')]]) // which tells where a digest comes from
    const [first, second] = [await fixture.make(() => undefined, base), await fixture.make(() => undefined, base)]
    fixture.hasher.seedChanges(first, base, [[fromText('src/a'), digestOf('a')]])
    fixture.hasher.seedChanges(second, first, [])
    assert.equal(await fixture.digest(second, { path: '/src/deep' }), await fixture.digest(base, { path: '/src/deep' }))
    fixture.hasher.seedChanges(second, first, [[fromText('src/deep/copy'), undefined]])
    assert.equal(await fixture.digest(second, { path: '/src/deep/copy' }), await fixture.digest(second, { path: '/src/a' }))
  })

  it('follows a link or does not, whatever it has read before', async () => {
    await using fixture = await openFixture()
    const [read, fresh] = [await fixture.make(makeLinkToFile), await fixture.make(makeLinkToFile)]
    await fixture.digest(read, {})
    for (const followSymlinks of [false, true]) {
      assert.equal(await fixture.digest(read, { path: '/link', followSymlinks }), await fixture.digest(fresh, { path: '/link', followSymlinks }))
    }
    assert.equal(await fixture.digest(read, { path: '/link', followSymlinks: true }), await fixture.digest(read, { path: '/file' }))
    assert.notEqual(await fixture.digest(read, { path: '/link' }), await fixture.digest(read, { path: '/file' }))
  })

  it('says so when the path is not there, or only outside the root', async () => {
    await using fixture = await openFixture()
    const id = await fixture.make(makeTree)
    for (const path of ['/missing', '/src/a/b', '/out/passwd']) {
      await assert.rejects(fixture.digest(id, { path, followSymlinks: true }), { name: 'ContentNotFoundError', kind: 'not-found' })
    }
  })
})

function makeFile(folder: string, name: string): void {
  mkdirSync(folder)
  writeFileSync(join(folder, name), name)
}

function makeLink(folder: string): void {
  rmSync(folder, { recursive: true })
  symlinkSync('a', folder)
}

function makeLinkToFile(path: string): void {
  writeFileSync(join(path, 'file'), 'content')
  symlinkSync('file', join(path, 'link'))
}

function makeTree(path: string): void {
  mkdirSync(join(path, 'src/deep'), { recursive: true })
  writeFileSync(join(path, 'src/a'), 'a')
  writeFileSync(join(path, 'src/deep/copy'), 'a')
  symlinkSync('/src', join(path, 'link'))
  symlinkSync('../../../../../etc', join(path, 'out'))
}

async function openFixture(): Promise<Fixture> {
  await using undo = new AsyncDisposableStack()
  const root = mkdtempSync(join(tmpdir(), 'pelago-hash-'))
  undo.defer(() => rmSync(root, { recursive: true, force: true }))
  const database = undo.use(openDatabase(join(root, 'state.db')))
  const { snapshots } = undo.use(await openSnapshots({ root, database, now: Date.now, backend: 'auto' }, signal))
  const hasher = createContentHasher(snapshots, database)
  const held = undo.move()
  return {
    hasher,
    make: (work, parent) => makeSnapshot(snapshots, work, parent),
    digest: (id, selection) => hasher.digest(id, { ...ALL, ...selection }, signal),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

async function makeSnapshot(snapshots: SnapshotStore, work: (path: string) => void, parent: SnapshotId | undefined): Promise<SnapshotId> {
  await using mutable = await snapshots.openMutable(parent, signal)
  work(mutable.path)
  return await mutable.commit()
}
