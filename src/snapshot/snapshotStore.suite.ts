import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import type { TarEntry, TarHeader } from '../archive/tar.ts'
import { readTar } from '../archive/tarReader.ts'
import { writeTar } from '../archive/tarWriter.ts'
import { describeBlob } from '../ground/oci/descriptor.ts'
import { digestOf } from '../ground/digest.ts'
import { asByteString, fromText } from '../kit/byteString.ts'
import { openDatabase } from '../kit/database.ts'
import { lsetxattr } from '../kit/syscalls.ts'
import { openSnapshots } from './openSnapshots.ts'
import type { SnapshotId, SnapshotStore } from './snapshotStore.ts'

/** VFS_CAP_REVISION_2 with cap_net_bind_service, as setcap writes it. */
const CAPABILITY = Uint8Array.from([1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
const TIME_NS = 1_600_000_000_123_456_789n
/** As layers have it. */
const WHOLE_TIME_NS = 1_600_000_000_000_000_000n

interface Fixture extends AsyncDisposable {
  readonly root: string
  readonly snapshots: SnapshotStore
}

/** What every snapshot store must do; `skip` says what it lacks here. */
export function snapshotStoreSuite(name: string, backend: 'auto' | 'copy', skip: string | false): void {
  const { signal } = new AbortController()
  const keepTimes = { clampTimeSeconds: undefined }

  describe(`${name} is a snapshot store`, { skip }, () => {
    it('gives back a layer as it was unpacked', async () => {
      await using store = await openStore()
      const entries = layerOfAllKinds()
      const id = await unpack(store.snapshots, undefined, entries)
      const layer = await readEntries(store.snapshots, id)
      assert.deepEqual(layer, entries.map(({ header }) => ({ ...header, mtimeNs: WHOLE_TIME_NS })))
    })

    it('gives back whiteouts and opaque folders as they were unpacked', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [folder('a'), file('a/old'), folder('b'), file('b/old')])
      const top = await unpack(store.snapshots, base, [folder('a'), file('a/.wh.old'), folder('b'), file('b/.wh..wh..opq'), file('b/new')])
      assert.deepEqual((await readEntries(store.snapshots, top)).map(({ path }) => path), ['a', 'a/.wh.old', 'b', 'b/.wh..wh..opq', 'b/new'])
      await using view = await store.snapshots.openView(top, signal)
      assert.deepEqual([readdirSync(join(view.path, 'a')), readdirSync(join(view.path, 'b'))], [[], ['new']])
    })

    const changes: readonly { readonly name: string; readonly base: readonly TarEntry[]; readonly layer: readonly TarEntry[]; readonly want: readonly string[] }[] = [
      { name: 'a file by a folder', base: [file('x', 'old')], layer: [folder('x'), file('x/new')], want: ['x/', 'x/new'] },
      { name: 'a folder by a file', base: [folder('x'), file('x/old')], layer: [file('x', 'new')], want: ['x'] },
      { name: 'a folder by a folder of the same name', base: [folder('x'), file('x/old')], layer: [file('.wh.x'), folder('x'), file('x/new')], want: ['x/', 'x/new'] },
      { name: 'a folder whose whiteout comes after its new content', base: [folder('x'), file('x/old')], layer: [folder('x'), file('x/new'), file('.wh.x')], want: ['x/', 'x/new'] },
      { name: 'a folder that is removed, and then only named on the way', base: [folder('x'), file('x/old')], layer: [file('.wh.x'), file('x/new')], want: ['x/', 'x/new'] },
      { name: 'what a symbolic link of the base leads to', base: [folder('usr'), folder('usr/lib'), link('lib', 'usr/lib')], layer: [file('lib/new')], want: ['lib', 'usr/', 'usr/lib/', 'usr/lib/new'] },
      { name: 'an absolute symbolic link, inside the root', base: [folder('tmp'), link('out', '/../../tmp')], layer: [file('out/evil')], want: ['out', 'tmp/', 'tmp/evil'] },
      { name: 'a link of its own, inside the root', base: [], layer: [link('out', '../../../..'), file('out/evil')], want: ['evil', 'out'] },
      { name: 'all of the root', base: [file('old')], layer: [file('.wh..wh..opq'), file('new')], want: ['new'] },
      { name: 'nothing by bookkeeping of aufs', base: [file('x')], layer: [folder('.wh..wh.plnk'), file('.wh..wh.plnk/1.2'), file('.wh..wh.aufs')], want: ['x'] },
    ]
    for (const { name, base, layer, want } of changes) {
      it(`unpacks a layer that replaces ${name}`, async () => {
        await using store = await openStore()
        const top = await unpack(store.snapshots, await unpack(store.snapshots, undefined, base), layer)
        await using view = await store.snapshots.openView(top, signal)
        assert.deepEqual(treeOf(view.path), want)
      })
    }

    const hostile: readonly { readonly name: string; readonly layer: readonly TarEntry[] }[] = [
      { name: 'an entry above its root', layer: [file('a/../../evil')] },
      { name: 'a whiteout of the folder above', layer: [file('.wh...')] },
      { name: 'a whiteout of the root', layer: [file('.wh..')] },
      { name: 'a hard link to nothing', layer: [hardLink('a', 'missing')] },
      { name: 'a hard link out of its root', layer: [hardLink('a', '../../../etc/passwd')] },
      { name: 'an entry inside a file', layer: [file('a'), file('a/b')] },
      { name: 'links that lead to each other', layer: [link('a', 'b'), link('b', 'a'), file('a/c')] },
      { name: 'a name that no file system takes', layer: [file('n'.repeat(300))] },
    ]
    for (const { name, layer } of hostile) {
      it(`refuses a layer with ${name}`, async () => {
        await using store = await openStore()
        await assert.rejects(unpack(store.snapshots, undefined, layer), { name: 'LayerInvalidError', kind: 'corrupt' })
        assert.deepEqual(leftovers(store.root), [])
      })
    }

    it('refuses a layer that breaks off, and one that is another than it should be', async () => {
      await using store = await openStore()
      const whole = await tarOf([file('a', 'x'.repeat(5000))])
      const id = registerLayer(store.snapshots, undefined, digestOf(whole))
      await assert.rejects(store.snapshots.unpack(id, chunksOf(whole.subarray(0, 2000)), signal), { name: 'LayerInvalidError' })
      await assert.rejects(store.snapshots.unpack(id, chunksOf(await tarOf([file('b')])), signal), { name: 'LayerInvalidError' })
      assert.equal(store.snapshots.get(id)?.state, 'lazy')
    })

    it('makes a hard link of a layer to a file of the base one file in the layer', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [folder('bin'), file('bin/tool', 'code', { mode: 0o4755 })])
      const top = await unpack(store.snapshots, base, [hardLink('alias', 'bin/tool')])
      await using view = await store.snapshots.openView(top, signal)
      const [alias, tool] = [statSync(join(view.path, 'alias')), statSync(join(view.path, 'bin/tool'))]
      assert.deepEqual([alias.ino, alias.mode & 0o7777, readFileSync(join(view.path, 'alias'), 'utf8')], [tool.ino, 0o4755, 'code'])
    })

    it('shows in the layer what was changed, and no more', async () => {
      await using store = await openStore()
      const names = ['chmod', 'content', 'gone', 'kept', 'linked', 'renamed']
      const base = await unpack(store.snapshots, undefined, [folder('d'), ...names.map((name) => file(`d/${name}`, name)), folder('e'), file('e/inner'), folder('f'), file('f/x')])
      const top = await change(store.snapshots, base, (path) => {
        chmodSync(join(path, 'd/chmod'), 0o4711)
        writeFileSync(join(path, 'd/content'), 'CONTENT')
        rmSync(join(path, 'd/gone'))
        linkSync(join(path, 'd/linked'), join(path, 'd/linkedToo'))
        renameSync(join(path, 'd/renamed'), join(path, 'd/zz'))
        rmSync(join(path, 'e'), { recursive: true })
        writeFileSync(join(path, 'e'), 'a file now')
        rmSync(join(path, 'f'), { recursive: true })
      })
      const layer = await readEntries(store.snapshots, top)
      assert.deepEqual(
        layer.map(({ path, kind, linkTarget }) => [path, kind, linkTarget]),
        [
          ['d', 'folder', ''],
          ['d/chmod', 'file', ''],
          ['d/content', 'file', ''],
          ['d/.wh.gone', 'file', ''],
          ['d/linked', 'file', ''],
          ['d/linkedToo', 'hardlink', 'd/linked'],
          ['d/.wh.renamed', 'file', ''],
          ['d/zz', 'file', ''],
          ['e', 'file', ''],
          ['.wh.f', 'file', ''],
        ],
      )
      assert.equal(layer.find(({ path }) => path === 'd/chmod')?.mode, 0o4711)
    })

    it('leaves out of the layer what was touched, but is as it was', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [folder('etc'), file('etc/kept', 'x'), folder('etc/deep'), file('etc/deep/kept', 'x')])
      const touched = await change(store.snapshots, base, (path) => {
        writeFileSync(join(path, 'etc/passing'), '')
        rmSync(join(path, 'etc/passing'))
        chmodSync(join(path, 'etc/deep/kept'), 0o600)
        chmodSync(join(path, 'etc/deep/kept'), 0o644)
      })
      const more = await change(store.snapshots, touched, (path) => writeFileSync(join(path, 'etc/deep/new'), ''))
      assert.deepEqual([await store.snapshots.isEmptyLayer(touched, signal), await store.snapshots.isEmptyLayer(more, signal)], [true, false])
      assert.deepEqual((await readEntries(store.snapshots, more)).map(({ path }) => path), ['etc', 'etc/deep', 'etc/deep/new'])
    })

    it('leaves out of the layer files of several names that were not touched, however soon another is changed', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [file('one'), hardLink('two', 'one')])
      const top = await change(store.snapshots, base, (path) => writeFileSync(join(path, 'new'), ''))
      assert.deepEqual((await readEntries(store.snapshots, top)).map(({ path }) => path), ['new'])
    })

    it('keeps in the layer of a replaced folder what is as it was below', async () => {
      await using store = await openStore()
      const same = [folder('d'), file('d/same', 'x')]
      const base = await unpack(store.snapshots, undefined, [...same, file('d/old')])
      const top = await unpack(store.snapshots, base, [...same, file('d/.wh..wh..opq')])
      assert.deepEqual((await readEntries(store.snapshots, top)).map(({ path }) => path), ['d', 'd/.wh..wh..opq', 'd/same'])
    })

    it('sees a change that keeps size and time', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [file('a', 'one')])
      const top = await change(store.snapshots, base, (path) => {
        const { atime, mtime } = statSync(join(path, 'a'))
        writeFileSync(join(path, 'a'), 'two')
        utimesSync(join(path, 'a'), atime, mtime)
      })
      await using view = await store.snapshots.openView(top, signal)
      await using old = await store.snapshots.openView(base, signal)
      assert.deepEqual([readFileSync(join(view.path, 'a'), 'utf8'), readFileSync(join(old.path, 'a'), 'utf8')], ['two', 'one'])
    })

    it('replaces a folder by one that shows nothing of the old', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [folder('d'), file('d/old'), folder('d/sub'), file('d/sub/old')])
      const middle = await change(store.snapshots, base, (path) => {
        rmSync(join(path, 'd'), { recursive: true })
        mkdirSync(join(path, 'd'))
        writeFileSync(join(path, 'd/new'), 'new')
      })
      const top = await unpack(store.snapshots, undefined, [])
      const layer = await gather(store.snapshots.readLayer(middle, keepTimes, signal))
      const again = registerLayer(store.snapshots, base, digestOf(layer))
      await store.snapshots.unpack(again, chunksOf(layer), signal)
      for (const id of [middle, again]) {
        await using view = await store.snapshots.openView(id, signal)
        assert.deepEqual(treeOf(view.path), ['d/', 'd/new'])
      }
      assert.equal(await store.snapshots.isEmptyLayer(top, signal), true)
    })

    it('keeps a capability through a change of the same file', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [file('ping', 'x', { xattrs: new Map([['security.capability', CAPABILITY]]) })])
      const top = await change(store.snapshots, base, (path) => {
        lsetxattr(join(path, 'ping'), 'user.note', Buffer.from('seen'))
      })
      const [ping] = await readEntries(store.snapshots, top)
      assert.deepEqual(ping?.xattrs, new Map<string, Uint8Array>([['security.capability', CAPABILITY], ['user.note', Uint8Array.from(Buffer.from('seen'))]]))
    })

    it('takes a step without changes for an empty layer, and a changed root for none', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [file('a')])
      const same = await change(store.snapshots, base, () => undefined)
      const root = await change(store.snapshots, same, (path) => chmodSync(path, 0o700))
      assert.deepEqual([await store.snapshots.isEmptyLayer(same, signal), await store.snapshots.isEmptyLayer(root, signal)], [true, false])
      assert.deepEqual((await readEntries(store.snapshots, root)).map(({ path, mode }) => [path, mode]), [['.', 0o700]])
      await using view = await store.snapshots.openView(root, signal)
      assert.equal(statSync(view.path).mode & 0o7777, 0o700)
    })

    it('makes the same archive of the same layer, one that GNU tar lists', async () => {
      await using store = await openStore()
      const id = await unpack(store.snapshots, undefined, layerOfAllKinds())
      const options = { clampTimeSeconds: 1_500_000_000 }
      const [first, second] = [await gather(store.snapshots.readLayer(id, options, signal)), await gather(store.snapshots.readLayer(id, options, signal))]
      assert.ok(first.equals(second))
      const listing = spawnSync('tar', ['--utc', '--numeric-owner', '-tvf', '-'], { input: first, encoding: 'latin1' })
      assert.equal(listing.stderr, '')
      assert.match(listing.stdout, /^-rwsr-xr-x 3000000\/4000000 +4 2017-07-14 02:40 bin\/su$/m)
      assert.match(listing.stdout, /^hrw-r--r-- 0\/0 +0 2017-07-14 02:40 hard link to file$/m)
    })

    it('stacks 130 layers', async () => {
      await using store = await openStore()
      let id = await unpack(store.snapshots, undefined, [file('layer0')])
      for (let count = 1; count < 130; count += 1) id = await unpack(store.snapshots, id, [file(`layer${count}`), file('top', String(count))])
      const top = await change(store.snapshots, id, (path) => rmSync(join(path, 'layer64')))
      await using view = await store.snapshots.openView(top, signal)
      assert.deepEqual([readdirSync(view.path).length, readFileSync(join(view.path, 'top'), 'utf8')], [130, '129'])
      assert.equal(store.snapshots.chain(top).length, 131)
    })

    it('reads one of two equal layers that come at once, and closes the other', async () => {
      await using store = await openStore()
      const tar = await tarOf([file('a', 'x'.repeat(100_000))])
      const id = registerLayer(store.snapshots, undefined, digestOf(tar))
      const read: number[] = []
      const stream = (number: number): AsyncIterable<Uint8Array> => ({
        async *[Symbol.asyncIterator]() {
          read.push(number)
          yield* chunksOf(tar)
        },
      })
      await Promise.all([store.snapshots.unpack(id, stream(1), signal), store.snapshots.unpack(id, stream(2), signal)])
      assert.equal(read.length, 1)
      assert.equal(store.snapshots.get(id)?.state, 'present')
    })

    it('leaves nothing of a mutable snapshot that was not committed', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [file('a')])
      {
        await using mutable = await store.snapshots.openMutable(base, signal)
        writeFileSync(join(mutable.path, 'b'), 'b')
      }
      assert.deepEqual(leftovers(store.root), [])
      assert.equal((await store.snapshots.usage(signal)).length, 1)
    })

    it('removes what nothing stands on and nobody holds', async () => {
      await using store = await openStore()
      const base = await unpack(store.snapshots, undefined, [file('a')])
      const top = await change(store.snapshots, base, (path) => writeFileSync(join(path, 'b'), 'b'))
      assert.equal(await store.snapshots.remove(base, Infinity, signal), false)
      {
        await using view = await store.snapshots.openView(top, signal)
        assert.equal(await store.snapshots.remove(top, Infinity, signal), false)
        assert.ok(existsSync(join(view.path, 'b')))
      }
      assert.deepEqual([await store.snapshots.remove(top, Infinity, signal), await store.snapshots.remove(base, Infinity, signal)], [true, true])
      assert.deepEqual([readdirSync(join(store.root, 'layers')), leftovers(store.root)], [[], []])
    })

    it('remembers the blobs of a layer', async () => {
      await using store = await openStore()
      const id = await unpack(store.snapshots, undefined, [file('a')])
      const descriptor = { ...describeBlob('application/vnd.oci.image.layer.v1.tar+zstd', digestOf('packed'), 6), annotations: new Map([['key', 'value']]) }
      const blob = { descriptor, diffId: digestOf('layer'), repository: 'registry.test/app' }
      store.snapshots.recordBlob(id, blob)
      store.snapshots.recordBlob(id, blob)
      assert.deepEqual(store.snapshots.blobs(id).slice(1), [blob])
      store.snapshots.recordBlob(id, { ...blob, level: 9 })
      store.snapshots.recordBlob(id, blob)
      assert.deepEqual(store.snapshots.blobs(id).slice(1), [{ ...blob, level: 9 }])
    })

    it('says so when a snapshot is not known', async () => {
      await using store = await openStore()
      await assert.rejects(store.snapshots.openView('absent' as SnapshotId, signal), { name: 'SnapshotNotFoundError', kind: 'not-found' })
      assert.throws(() => store.snapshots.chain('absent' as SnapshotId), { name: 'SnapshotNotFoundError' })
    })

    it('shares a store with another process, and clears away after its death', async () => {
      await using store = await openStore()
      const holder = spawn(process.execPath, [join(import.meta.dirname, 'testdata/holdSnapshot.ts'), store.root, backend], { stdio: ['ignore', 'pipe', 'inherit'] })
      const id = (await readLine(holder.stdout)) as SnapshotId
      assert.equal(await store.snapshots.remove(id, Infinity, signal), false)
      {
        await using view = await store.snapshots.openView(id, signal)
        assert.equal(readFileSync(join(view.path, 'from'), 'utf8'), 'another process')
      }
      holder.kill('SIGKILL')
      await once(holder, 'exit')
      assert.notEqual(leftovers(store.root).length, 0)
      using database = openDatabase(join(store.root, 'state.db'))
      await using later = await openSnapshots({ root: store.root, database, now: Date.now, backend }, signal)
      assert.equal(await later.snapshots.remove(id, Infinity, signal), true)
      assert.deepEqual([readdirSync(join(store.root, 'layers')), mountsUnder(store.root)], [[], []])
      assert.equal(readdirSync(join(store.root, 'owners')).length, 4) // two folders with their locks
    })
  })

  async function openStore(): Promise<Fixture> {
    await using undo = new AsyncDisposableStack()
    const root = mkdtempSync(join(tmpdir(), 'pelago-snapshots-'))
    undo.defer(() => rmSync(root, { recursive: true, force: true }))
    const database = undo.use(openDatabase(join(root, 'state.db')))
    const { snapshots } = undo.use(await openSnapshots({ root, database, now: Date.now, backend }, signal))
    const held = undo.move()
    return { root, snapshots, [Symbol.asyncDispose]: () => held.disposeAsync() }
  }

  async function unpack(snapshots: SnapshotStore, parent: SnapshotId | undefined, entries: readonly TarEntry[]): Promise<SnapshotId> {
    const tar = await tarOf(entries)
    const id = registerLayer(snapshots, parent, digestOf(tar))
    await snapshots.unpack(id, chunksOf(tar), signal)
    return id
  }

  async function change(snapshots: SnapshotStore, parent: SnapshotId, work: (path: string) => void): Promise<SnapshotId> {
    await using mutable = await snapshots.openMutable(parent, signal)
    work(mutable.path)
    return await mutable.commit()
  }

  async function readEntries(snapshots: SnapshotStore, id: SnapshotId): Promise<readonly TarHeader[]> {
    const headers: TarHeader[] = []
    for await (const { header } of readTar(snapshots.readLayer(id, keepTimes, signal))) headers.push({ ...header, xattrs: plainXattrs(header) })
    return headers
  }
}

function plainXattrs({ xattrs }: TarHeader): ReadonlyMap<string, Uint8Array> {
  return new Map([...xattrs].map(([name, value]) => [name, Uint8Array.from(value)]))
}

let layerCount = 0

function registerLayer(snapshots: SnapshotStore, parent: SnapshotId | undefined, diffId: ReturnType<typeof digestOf>): SnapshotId {
  const id = `layer-${++layerCount}` as SnapshotId
  const descriptor = describeBlob('application/vnd.oci.image.layer.v1.tar+gzip', diffId, 1)
  snapshots.registerLazy({ id, parent, blob: { descriptor, diffId, repository: undefined } })
  return id
}

async function readLine(stream: AsyncIterable<Buffer>): Promise<string> {
  for await (const chunk of stream) return chunk.toString().trim()
  throw new Error('the other process said nothing')
}

/** In the order in which a layer is read. */
function layerOfAllKinds(): readonly TarEntry[] {
  const long = `${'l'.repeat(200)}/${'m'.repeat(200)}`
  return [
    folder('bin'),
    file('bin/su', 'code', { mode: 0o4755, uid: 3_000_000, gid: 4_000_000, xattrs: new Map<string, Uint8Array>([['security.capability', CAPABILITY], ['user.overlay.opaque', Uint8Array.from([0x79])]]) }),
    { ...entry('block', { kind: 'block-device', deviceMajor: 7, deviceMinor: 300 }), content: chunksOf(Buffer.alloc(0)) },
    file(Buffer.from([0x63, 0xff, 0x0a]).toString('latin1'), 'odd name'),
    file('file', 'text'),
    entry('hard', { kind: 'hardlink', linkTarget: asByteString('file') }),
    folder(dirname(long)),
    file(long, 'long'),
    entry('null', { kind: 'character-device', mode: 0o666, deviceMajor: 1, deviceMinor: 3 }),
    entry('pipe', { kind: 'fifo' }),
    link('sym', `/${'t'.repeat(150)}`),
    folder('tmp', { mode: 0o1777, xattrs: new Map([['user.note', Uint8Array.from([0, 255, 10])]]) }),
  ]
}

function file(path: string, content = '', header: Partial<TarHeader> = {}): TarEntry {
  const bytes = Buffer.from(content)
  return { header: { ...entry(path, header).header, sizeBytes: bytes.byteLength }, content: chunksOf(bytes) }
}

function folder(path: string, header: Partial<TarHeader> = {}): TarEntry {
  return entry(path, { kind: 'folder', mode: 0o755, ...header })
}

function link(path: string, target: string): TarEntry {
  return entry(path, { kind: 'symlink', mode: 0o777, linkTarget: fromText(target) })
}

function hardLink(path: string, target: string): TarEntry {
  return entry(path, { kind: 'hardlink', linkTarget: fromText(target) })
}

function entry(path: string, header: Partial<TarHeader>): TarEntry {
  const plain = { kind: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: TIME_NS, linkTarget: asByteString(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() } as const
  return { header: { ...plain, ...header, path: asByteString(path) }, content: chunksOf(Buffer.alloc(0)) }
}

async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  return gather(writeTar(entries))
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const gathered: Uint8Array[] = []
  for await (const chunk of chunks) gathered.push(chunk)
  return Buffer.concat(gathered)
}

function chunksOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      for (let offset = 0; offset < bytes.byteLength; offset += 700) yield bytes.subarray(offset, offset + 700)
    },
  }
}

/** Folders with a slash behind. */
function treeOf(root: string, path = ''): readonly string[] {
  return readdirSync(join(root, path), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((found) => (found.isDirectory() ? [`${path}${found.name}/`, ...treeOf(root, `${path}${found.name}/`)] : [path + found.name]))
}

/** What processes work on in a store: names in their folders. */
function leftovers(root: string): readonly string[] {
  const owners = join(root, 'owners')
  return readdirSync(owners).filter((name) => lstatSync(join(owners, name)).isDirectory()).flatMap((name) => readdirSync(join(owners, name)))
}

function mountsUnder(root: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(root))
}
