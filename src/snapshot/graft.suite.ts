import assert from 'node:assert/strict'
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { readTar } from '../archive/tarReader.ts'
import { describeBlob } from '../ground/oci/descriptor.ts'
import { digestOf } from '../ground/digest.ts'
import { textOfBytes } from '../kit/byteString.ts'
import { openDatabase } from '../kit/database.ts'
import { openSnapshots } from './openSnapshots.ts'
import type { SnapshotId, SnapshotStore } from './snapshotStore.ts'

interface Fixture extends AsyncDisposable {
  readonly snapshots: SnapshotStore
  /** A snapshot in which `work` has changed what `parent` has. */
  make(parent: SnapshotId | undefined, work: (path: string) => void): Promise<SnapshotId>
  /** `path` → content, folders with a slash behind; lazy grafts are brought before. */
  read(id: SnapshotId | undefined): Promise<Readonly<Record<string, string>>>
}

const { signal } = new AbortController()
const keepTimes = { clampTimeSeconds: undefined }

/** What every snapshot store must do of grafts and differences; `skip` says what it lacks here. */
export function graftSuite(name: string, backend: 'auto' | 'copy', skip: string | false): void {
  describe(`${name} grafts layers`, { skip }, () => {
    it('onto something else, where they change what they changed', async () => {
      await using store = await openStore()
      const made = await store.make(undefined, (path) => write(path, { gone: '', 'folder/old': '', 'turned/old': '', kept: 'made' }))
      const layer = await store.make(made, (path) => {
        rmSync(join(path, 'gone'))
        rmSync(join(path, 'folder'), { recursive: true })
        rmSync(join(path, 'turned'), { recursive: true })
        write(path, { 'folder/new': 'new', turned: 'file', 'added/deep/x': 'x' })
        symlinkSync('kept', join(path, 'link'))
      })
      const other = await store.make(undefined, (path) => {
        write(path, { gone: 'other', 'folder/other': '', 'turned/other': '', 'added/deep': 'a file', own: 'own' })
        chmodSync(path, 0o710)
      })
      const graft = store.snapshots.graft(layer, other)
      assert.deepEqual([store.snapshots.get(graft)?.state, store.snapshots.get(graft)?.parent, store.snapshots.get(graft)?.origin], ['lazy', other, layer])
      assert.deepEqual(await store.read(graft), { 'added/deep/x': 'x', 'folder/new': 'new', link: '-> kept', own: 'own', turned: 'file' })
      await using view = await store.snapshots.openView(graft, signal)
      assert.equal(statSync(view.path).mode & 0o777, 0o710)
    })

    it('once, and not at all where they stand there already', async () => {
      await using store = await openStore()
      const [a, b] = [await store.make(undefined, (path) => write(path, { a: 'a' })), await store.make(undefined, (path) => write(path, { b: 'b' }))]
      const layer = await store.make(a, (path) => write(path, { x: 'x' }))
      const graft = store.snapshots.graft(layer, b)
      assert.deepEqual([store.snapshots.graft(layer, b), store.snapshots.graft(layer, a), store.snapshots.graft(graft, a), store.snapshots.get(store.snapshots.graft(graft, undefined))?.origin], [graft, layer, layer, layer])
      assert.throws(() => store.snapshots.graft('absent' as SnapshotId, b), { name: 'SnapshotNotFoundError' })
      assert.throws(() => store.snapshots.graft(layer, 'absent' as SnapshotId), { name: 'SnapshotNotFoundError' })
    })

    it('bit for bit, with their blobs, even where the base has the same files', async () => {
      await using store = await openStore()
      const layer = await store.make(undefined, (path) => write(path, { 'd/same': 'same', 'd/more': 'more' }))
      const base = await store.make(undefined, (path) => write(path, { 'd/same': 'same' }))
      const graft = store.snapshots.graft(layer, base)
      const blob = { descriptor: describeBlob('application/vnd.oci.image.layer.v1.tar', digestOf('x'), 1), diffId: digestOf('x'), repository: undefined }
      assert.deepEqual(await bytesOf(store.snapshots, graft), await bytesOf(store.snapshots, layer))
      store.snapshots.recordBlob(graft, blob)
      assert.deepEqual([store.snapshots.blobs(graft), store.snapshots.blobs(layer)], [[blob], [blob]])
      await store.read(graft)
      assert.deepEqual(await bytesOf(store.snapshots, graft), await bytesOf(store.snapshots, layer))
      assert.deepEqual([await store.snapshots.isEmptyLayer(graft, signal), await store.snapshots.isEmptyLayer(store.snapshots.graft(await store.make(base, () => undefined), layer), signal)], [false, true])
    })

    it('without copying a byte, hard links kept', async () => {
      await using store = await openStore()
      const layer = await store.make(undefined, (path) => {
        write(path, { one: '1' })
        linkSync(join(path, 'one'), join(path, 'two'))
      })
      const graft = store.snapshots.graft(layer, await store.make(undefined, (path) => write(path, { base: '' })))
      assert.deepEqual(await store.read(graft), { base: '', one: '1', two: '1' })
      await using view = await store.snapshots.openView(graft, signal)
      await using origin = await store.snapshots.openView(layer, signal)
      const [one, two, original] = [join(view.layers.at(-1) ?? '', 'one'), join(view.layers.at(-1) ?? '', 'two'), join(origin.layers.at(-1) ?? '', 'one')].map((path) => statSync(path).ino)
      assert.deepEqual([one, two], [original, original])
    })

    it('as deep as they go, and lets others stand on them', async () => {
      await using store = await openStore()
      let chain: SnapshotId | undefined
      for (let count = 0; count < 12; count += 1) chain = await store.make(chain, (path) => write(path, { [`l${count}`]: '', top: `${count}` }))
      const base = await store.make(undefined, (path) => write(path, { top: 'base', base: '' }))
      const layers = chain === undefined ? [] : store.snapshots.chain(chain).map(({ id }) => id)
      const merged = layers.reduce((below, layer) => store.snapshots.graft(layer, below), base)
      assert.equal((await store.read(merged))['top'], '11')
      const upper = await store.make(merged, (path) => {
        rmSync(join(path, 'l3'))
        write(path, { top: 'own' })
      })
      assert.deepEqual(await namesOf(store.snapshots, upper), ['.wh.l3', 'top'])
      assert.deepEqual([(await store.read(upper))['top'], Object.keys(await store.read(upper)).length, store.snapshots.chain(upper).length], ['own', 13, 14])
    })

    it('and keeps what they are of as long as there are any', async () => {
      await using store = await openStore()
      const [layer, base] = [await store.make(undefined, (path) => write(path, { x: '' })), await store.make(undefined, (path) => write(path, { y: '' }))]
      const graft = store.snapshots.graft(layer, base)
      await store.read(graft)
      assert.equal((await store.snapshots.usage(signal)).find(({ id }) => id === graft)?.origin, layer)
      const removed: boolean[] = []
      for (const id of [layer, base, graft, layer, base]) removed.push(await store.snapshots.remove(id, Infinity, signal))
      assert.deepEqual(removed, [false, false, true, true, true])
    })
  })

  describe(`${name}, when the machine went down,`, { skip }, () => {
    it('knows no graft whose layer was not written to the disk', async () => {
      const root = mkdtempSync(join(tmpdir(), 'pelago-grafts-'))
      try {
        using database = openDatabase(join(root, 'state.db'))
        const place = { root, database, now: Date.now, backend }
        let ids: readonly SnapshotId[] = []
        {
          await using opened = await openSnapshots({ ...place, bootId: 'before' }, signal)
          const make = async (): Promise<SnapshotId> => {
            await using mutable = await opened.snapshots.openMutable(undefined, signal)
            return await mutable.commit()
          }
          const base = await make()
          await opened.sync()
          const layer = await make()
          ids = [base, layer, opened.snapshots.graft(layer, base)]
        }
        await using later = await openSnapshots({ ...place, bootId: 'after' }, signal)
        assert.deepEqual(ids.map((id) => later.snapshots.get(id)?.state), ['present', undefined, undefined])
      } finally {
        rmSync(root, { recursive: true, force: true })
      }
    })
  })

  describe(`${name} finds differences`, { skip }, () => {
    it('of two file systems that have nothing to do with each other', async () => {
      await using store = await openStore()
      const shared = await store.make(undefined, (path) => write(path, { same: 'same', 'd/same': 'same' }))
      const lower = await store.make(shared, (path) => write(path, { gone: '', 'gone-folder/x': '', changed: 'before', 'd/gone': '', 'was-file': '', 'was-folder/x': '' }))
      const upper = await store.make(store.snapshots.graft(shared, undefined), (path) => write(path, { changed: 'after', 'd/new': 'new', 'was-file/x': 'x', 'was-folder': 'file' }))
      const difference = await store.snapshots.difference(lower, upper, signal)
      assert.deepEqual(await namesOf(store.snapshots, difference), ['changed', 'd', 'd/.wh.gone', 'd/new', '.wh.gone', '.wh.gone-folder', 'was-file', 'was-file/x', 'was-folder'])
      assert.deepEqual(await store.read(difference), await store.read(upper))
      const alone = store.snapshots.graft(difference, undefined)
      assert.deepEqual(await store.read(alone), { changed: 'after', 'd/new': 'new', 'was-file/x': 'x', 'was-folder': 'file' })
      const other = await store.make(undefined, (path) => write(path, { gone: 'other', 'd/gone': '', 'd/other': '' }))
      assert.deepEqual(await store.read(store.snapshots.graft(alone, other)), { changed: 'after', 'd/new': 'new', 'd/other': '', 'was-file/x': 'x', 'was-folder': 'file' })
    })

    it('from nothing at all', async () => {
      await using store = await openStore()
      const lower = await store.make(undefined, (path) => write(path, { x: '', 'd/y': '' }))
      const difference = await store.snapshots.difference(lower, undefined, signal)
      assert.deepEqual([await namesOf(store.snapshots, difference), await store.read(difference)], [['.wh.d', '.wh.x'], {}])
    })
  })

  describe(`${name} folds small changes`, { skip }, () => {
    it('so that the same files are there, and what is changed then is told alone', async () => {
      await using store = await openStore()
      const lowest = await store.make(undefined, (path) => write(path, { 'a/gone': '', 'a/kept': 'kept', 'b/hidden': '', 'turned/old': '', 'again/old': '', link: '' }))
      const second = await store.make(lowest, (path) => {
        for (const gone of ['a/gone', 'b', 'turned', 'again']) rmSync(join(path, gone), { recursive: true })
        write(path, { 'a/new': '1', 'b/shown': '', turned: 'file' })
      })
      const third = await store.make(second, (path) => {
        rmSync(join(path, 'link'))
        write(path, { 'a/new': '22', 'again/new': '', d: 'd' })
        linkSync(join(path, 'a/new'), join(path, 'a/twin'))
        chmodSync(join(path, 'b'), 0o711)
      })
      await using mutable = await store.snapshots.openFolded(third, signal)
      assert.ok(mutable)
      write(mutable.path, { more: 'more' })
      const id = await mutable.commit()
      assert.deepEqual(await store.read(id), { ...(await store.read(third)), more: 'more' })
      await using view = await store.snapshots.openView(id, signal)
      assert.deepEqual([statSync(join(view.path, 'b')).mode & 0o777, statSync(join(view.path, 'a/twin')).ino], [0o711, statSync(join(view.path, 'a/new')).ino])
      assert.deepEqual([store.snapshots.chain(id).length, store.snapshots.chain(id)[0]?.id], [3, lowest])
      const told: string[] = []
      for await (const { path } of store.snapshots.readChanges(third, id, signal) ?? []) told.push(path)
      assert.deepEqual(told, ['more'])
    })

    it('and nothing that is no small change', async () => {
      await using store = await openStore()
      const lowest = await store.make(undefined, (path) => write(path, { a: '' }))
      const many = await store.make(lowest, (path) => write(path, Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`f${index}`, '']))))
      assert.equal(await store.snapshots.openFolded(many, signal), undefined)
    })
  })

  async function openStore(): Promise<Fixture> {
    await using undo = new AsyncDisposableStack()
    const root = mkdtempSync(join(tmpdir(), 'pelago-grafts-'))
    undo.defer(() => rmSync(root, { recursive: true, force: true }))
    const database = undo.use(openDatabase(join(root, 'state.db')))
    const { snapshots } = undo.use(await openSnapshots({ root, database, now: Date.now, backend }, signal))
    const held = undo.move()
    return {
      snapshots,
      async make(parent, work) {
        await using mutable = await snapshots.openMutable(parent, signal)
        work(mutable.path)
        return await mutable.commit()
      },
      async read(id) {
        for (const { id: layer, state } of id === undefined ? [] : snapshots.chain(id)) if (state === 'lazy') await snapshots.materialize(layer, signal)
        await using view = await snapshots.openView(id, signal)
        return readTree(view.path)
      },
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    }
  }
}

/** All with one time, so that equal files are equal. */
function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}

function readTree(root: string, folder = ''): Readonly<Record<string, string>> {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return Object.assign({}, ...entries.map((entry) => {
    const path = `${folder}${entry.name}`
    if (entry.isDirectory()) return readTree(root, `${path}/`)
    return { [path]: entry.isSymbolicLink() ? '-> kept' : readFileSync(join(root, path), 'utf8') }
  })) as Readonly<Record<string, string>>
}

async function bytesOf(snapshots: SnapshotStore, id: SnapshotId): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of snapshots.readLayer(id, keepTimes, signal)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function namesOf(snapshots: SnapshotStore, id: SnapshotId): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { header } of readTar(snapshots.readLayer(id, keepTimes, signal))) names.push(textOfBytes(header.path))
  return names
}
