import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, linkSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { digestOf } from '../../src/ground/digest.ts'
import { parseFileMode } from '../../src/ground/fileMode.ts'
import type { ActionBase, CopyAction, DiffOp, FileAction, MergeOp } from '../../src/graph/vertex.ts'
import { createFileMirrors } from '../../src/ops/context/contextMirror.ts'
import type { ContextFiles } from '../../src/ops/contextFiles.ts'
import { createDiffOp } from '../../src/ops/diffOp.ts'
import { createFileOp } from '../../src/ops/fileOp.ts'
import { createLocalSource } from '../../src/ops/localSource.ts'
import { createMergeOp } from '../../src/ops/mergeOp.ts'
import { openFolderTree } from '../../src/ops/contextWalk.ts'
import type { SnapshotId } from '../../src/snapshot/snapshotStore.ts'
import type { Op, ResultId } from '../../src/solver/op.ts'
import { changed, contextOf, copy, NO_COPIES, openBench, vertexOf, writeTree, type Bench, type Tree } from '../support/opsBench.ts'
import { missingForRootWork } from '../support/requires.ts'

const skip = missingForRootWork('tar')
const { signal } = new AbortController()

for (const backend of ['auto', 'copy'] as const) {
  describe(`COPY over the ${backend === 'auto' ? 'best' : 'copying'} store`, { skip }, () => {
    const base: Tree = { 'etc/passwd': 'root:x:0:0::/:\napp:x:1000:1001::/:\n', 'etc/group': 'root:x:0:\nstaff:x:50:\n', 'app/old': 'old', 'link@': '/app', 'file': 'file' }
    const source: Tree = { 'a.txt': 'a', 'b.txt': 'b', 'dir/one': '1', 'dir/sub/two': '2', 'dir/empty/': '', 'dir/to@': 'one', 'alias@': 'dir', 'over/etc': 'x', 'under/file/x': 'x' }
    const cases: readonly { readonly name: string; readonly action: CopyAction; readonly want: Tree }[] = [
      { name: 'puts a file where the target names it', action: copy('/a.txt', '/app/new'), want: { 'app/new': 'a', 'app/old': 'old' } },
      { name: 'puts a file into a folder that is there', action: copy('/a.txt', '/app'), want: { 'app/a.txt': 'a', 'app/old': 'old' } },
      { name: 'makes the folder that a trailing slash names', action: copy('/a.txt', '/new/dir/'), want: { 'new/dir/a.txt': 'a', 'app/old': 'old' } },
      { name: 'copies what is in a folder', action: copy('/dir', '/app'), want: { 'app/old': 'old', 'app/one': '1', 'app/sub/two': '2', 'app/empty/': '', 'app/to@': 'one' } },
      { name: 'makes a folder for what is in a folder', action: copy('/dir', '/made'), want: { 'app/old': 'old', 'made/one': '1', 'made/sub/two': '2', 'made/empty/': '', 'made/to@': 'one' } },
      { name: 'takes all that a wildcard matches', action: copy('/*.txt', '/app/'), want: { 'app/old': 'old', 'app/a.txt': 'a', 'app/b.txt': 'b' } },
      { name: 'follows a link of the target inside the root', action: copy('/a.txt', '/link/'), want: { 'app/old': 'old', 'app/a.txt': 'a' } },
      { name: 'follows a link that is the source', action: copy('/alias', '/app'), want: { 'app/old': 'old', 'app/one': '1', 'app/sub/two': '2', 'app/empty/': '', 'app/to@': 'one' } },
      { name: 'replaces a file', action: copy('/a.txt', '/app/old'), want: { 'app/old': 'a' } },
      { name: 'does nothing for a wildcard that matches nothing', action: copy('/*.none', '/app/'), want: { 'app/old': 'old' } },
      { name: 'leaves out what is excluded', action: copy('/dir', '/app', { excludePatterns: ['sub', 'to'] }), want: { 'app/old': 'old', 'app/one': '1', 'app/empty/': '' } },
      { name: 'takes only what is included', action: copy('/dir', '/app', { includePatterns: ['**/two'] }), want: { 'app/old': 'old', 'app/sub/two': '2' } },
      { name: 'brings back what is excluded and then not', action: copy('/dir', '/app', { excludePatterns: ['*', '!sub/two'] }), want: { 'app/old': 'old', 'app/sub/two': '2' } },
      { name: 'copies a file that is named itself, whatever is excluded', action: copy('/*.txt', '/app/', { excludePatterns: ['*.txt'] }), want: { 'app/old': 'old', 'app/a.txt': 'a', 'app/b.txt': 'b' } },
      { name: 'takes a folder that is included with all that is in it', action: copy('/', '/app', { includePatterns: ['dir/sub'] }), want: { 'app/old': 'old', 'app/dir/sub/two': '2' } },
      { name: 'puts a folder where a file is, where that is to be replaced', action: copy('/dir', '/', { includePatterns: ['one'], copyFolderContents: false, replacesTargets: true }), want: { 'app/old': 'old', 'dir/one': '1' } },
      { name: 'copies the folder itself where not its contents are meant', action: copy('/dir/sub', '/app', { copyFolderContents: false }), want: { 'app/old': 'old', 'app/sub/two': '2' } },
    ]
    for (const { name, action, want } of cases) {
      it(name, async () => {
        await using bench = await openBench(backend)
        const result = await bench.run([action], [await bench.snapshot(base), await bench.snapshot(source)])
        const untouched = Object.fromEntries(Object.entries(base).filter(([path]) => path !== 'app/old'))
        assert.deepEqual(await bench.read(result), { ...untouched, ...want })
      })
    }

    const conflicts: readonly { readonly name: string; readonly action: CopyAction; readonly error: object }[] = [
      { name: 'says which file is not there, and which is', action: copy('/a.tx', '/app/', { allowWildcard: false }), error: { name: 'SourceNotFoundError', hint: /did you mean a\.txt\?/ } },
      { name: 'refuses to put a folder where a file is', action: copy('/dir', '/file'), error: { name: 'CopyConflictError' } },
      { name: 'refuses to put a file where a folder is, one deeper', action: copy('/a.txt', '/etc/passwd/'), error: { name: 'CopyConflictError' } },
      { name: 'refuses to put a file where a folder is', action: copy('/over', '/'), error: { name: 'CopyConflictError', message: 'cannot replace to directory /etc with file' } },
      { name: 'refuses to put a folder of a folder where a file is', action: copy('/under', '/'), error: { name: 'CopyConflictError', message: 'cannot copy to non-directory: /file' } },
      { name: 'refuses what is required and not there, for all that its patterns take', action: copy('/', '/app', { includePatterns: ['dir/on'], requiredPaths: ['/dir/on'] }), error: { name: 'SourceNotFoundError', message: '"/dir/on": not found', hint: /did you mean one\?/ } },
      { name: 'refuses a target whose folder is not there, unless that is to be made', action: copy('/a.txt', '/none/a', { createTargetPath: false }), error: { name: 'SourceNotFoundError', message: '"/none": not found' } },
      { name: 'refuses an owner that nobody knows', action: copy('/a.txt', '/app/', { owner: { user: 'nobody-here', group: undefined, lookup: { kind: 'input', index: 0 } } }), error: { name: 'OwnerNotFoundError' } },
    ]
    for (const { name, action, error } of conflicts) {
      it(name, async () => {
        await using bench = await openBench(backend)
        await assert.rejects(bench.run([action], [await bench.snapshot(base), await bench.snapshot(source)]), error)
      })
    }

    it('gives files and folders, new ones on the way too, the owner and mode that it says', async () => {
      await using bench = await openBench(backend)
      const owner = { user: 'app', group: 'staff', lookup: { kind: 'input', index: 0 } } as const
      const result = await bench.run([copy('/dir', '/x/y', { owner, mode: parseFileMode('u=rw,g=r,o=') })], [await bench.snapshot(base), await bench.snapshot(source)])
      const [file, made] = [await bench.stat(result, 'x/y/one'), await bench.stat(result, 'x')]
      assert.deepEqual([file?.uid, file?.gid, Number(file?.mode) & 0o7777], [1000, 50, 0o640])
      assert.deepEqual([made?.uid, made?.gid, Number(made?.mode) & 0o7777], [1000, 50, 0o755])
    })

    it('keeps times, modes and hard links, and changes nothing of its source', async () => {
      await using bench = await openBench(backend)
      await using mutable = await bench.snapshots.openMutable(undefined, signal)
      writeTree(mutable.path, { 'd/one': '1' })
      linkSync(join(mutable.path, 'd/one'), join(mutable.path, 'd/two'))
      chmodSync(join(mutable.path, 'd/one'), 0o4711)
      utimesSync(join(mutable.path, 'd/one'), 1_000_000, 1_000_000)
      const from = await mutable.commit()
      const result = await bench.run([copy('/d', '/', { base: { kind: 'scratch' }, from: { kind: 'input', index: 0 } })], [from])
      const [one, two, original] = [await bench.stat(result, 'one'), await bench.stat(result, 'two'), await bench.stat(from, 'd/one')]
      assert.equal(one?.ino, two?.ino)
      assert.deepEqual([Number(one?.mode) & 0o7777, one?.mtimeMs], [0o4711, 1_000_000_000])
      assert.deepEqual([Number(original?.mode) & 0o7777, original?.mtimeMs], [0o4711, 1_000_000_000])
    })

    it('keeps hard links between what is new and what comes into a folder that is there', async () => {
      await using bench = await openBench(backend)
      const from = await changed(bench, undefined, (path) => {
        writeTree(path, { 'd/one': '1', 'd/old/two': '2', 'd/new/': '' })
        linkSync(join(path, 'd/one'), join(path, 'd/old/same'))
        linkSync(join(path, 'd/old/two'), join(path, 'd/new/same'))
      })
      const result = await bench.run([copy('/d', '/app')], [await bench.snapshot({ 'app/old/x': 'x' }), from])
      const links: string[] = []
      for await (const { header } of bench.snapshots.readEntries(result as SnapshotId, 'layer', signal)) if (header.kind === 'hardlink') links.push(`${header.path} ${header.linkTarget}`)
      assert.deepEqual(links, ['app/old/two app/new/same', 'app/one app/old/same'])
    })

    it('links the files of a folder where nothing of them changes, and copies them where their owner does', async () => {
      await using bench = await openBench(backend)
      const inputs = [await bench.snapshot({ 'app/old': 'old' }), await bench.snapshot({ 'd/one': '1', 'd/sub/two': '2' })]
      const linked = await bench.run([copy('/d', '/app')], inputs)
      const owned = await bench.run([copy('/d', '/app', { owner: { user: '7', group: undefined, lookup: { kind: 'input', index: 0 } } })], inputs)
      const [one, other] = [await bench.stat(linked, 'app/sub/two'), await bench.stat(owned, 'app/sub/two')]
      const original = await bench.stat(inputs[1], 'd/sub/two')
      assert.deepEqual([one?.ino === original?.ino, other?.ino === original?.ino], [true, false])
      assert.deepEqual([one?.uid, other?.uid, other?.gid], [0, 7, 7])
    })

    it('makes one layer of several actions, each on the one before', async () => {
      await using bench = await openBench(backend)
      const actions: readonly FileAction[] = [
        { kind: 'mkdir', base: { kind: 'input', index: 0 }, output: undefined, path: '/work/dir', mode: 0o750, makeParents: true, owner: undefined, timestampNs: undefined },
        { kind: 'mkfile', base: { kind: 'action', index: 0 }, output: undefined, path: '/work/dir/note', mode: 0o600, data: Buffer.from('note'), owner: undefined, timestampNs: undefined },
        { kind: 'rm', base: { kind: 'action', index: 1 }, output: 0, path: '/app', allowNotFound: false, allowWildcard: false },
      ]
      const from = await bench.snapshot({ 'app/old': 'old' })
      const result = await bench.run(actions, [from])
      assert.deepEqual(await bench.read(result), { 'work/dir/note': 'note' })
      assert.equal(bench.snapshots.get(result as SnapshotId)?.parent, from)
    })

    it('replaces what is in the way where it is told to, a folder too', async () => {
      await using bench = await openBench(backend)
      const inputs = [await bench.snapshot({ 'a/x': 'x', 'b': 'b', 'c@': 'b' }), await bench.snapshot({ 'a': 'file', 'b/y': 'y', 'c/z': 'z' })]
      await assert.rejects(bench.run([copy('/', '/')], inputs), { name: 'CopyConflictError' })
      assert.deepEqual(await bench.read(await bench.run([copy('/', '/', { replacesTargets: true })], inputs)), { 'a': 'file', 'b/y': 'y', 'c/z': 'z' })
    })

    it('gives all that it makes the time that it says', async () => {
      await using bench = await openBench(backend)
      const inputs = [await bench.snapshot({ 'old/x': 'x' }), await bench.snapshot({ 'd/one': '1', 'd/sub/two': '2', 'd/to@': 'one' })]
      const result = await bench.run([copy('/d', '/old', { timestampNs: 1_000_000_000n }), copy('/d', '/new/deep', { base: { kind: 'action', index: 0 }, timestampNs: 1_000_000_000n })].map((action, index) => ({ ...action, output: index === 1 ? 0 : undefined })), inputs)
      const times = await Promise.all(['old', 'old/one', 'old/sub', 'old/sub/two', 'old/to', 'new', 'new/deep', 'new/deep/sub/two'].map(async (path) => (await bench.stat(result, path))?.mtimeMs))
      assert.deepEqual(times, times.map(() => 1000))
    })

    it('changes modes by what they are, and gives folders on the way an octal one', async () => {
      await using bench = await openBench(backend)
      const inputs = [await bench.snapshot({}), await bench.snapshot({ 'd/plain': '', 'd/tool': '' })]
      const [from] = [await changed(bench, inputs[1], (path) => chmodSync(join(path, 'd/tool'), 0o700))]
      const symbolic = await bench.run([copy('/d', '/x/y/', { mode: parseFileMode('u=rwX,go=rX') })], [inputs[0] ?? from, from])
      const octal = await bench.run([copy('/d', '/x/y/', { mode: parseFileMode('4751') })], [inputs[0] ?? from, from])
      const modes = async (id: ResultId | undefined): Promise<readonly string[]> => Promise.all(['x', 'x/y', 'x/y/plain', 'x/y/tool'].map(async (path) => (Number((await bench.stat(id, path))?.mode) & 0o7777).toString(8)))
      assert.deepEqual([await modes(symbolic), await modes(octal)], [['755', '755', '644', '755'], ['751', '751', '4751', '4751']])
    })

    it('makes files, folders and links as LLB has them', async () => {
      await using bench = await openBench(backend)
      const base = { kind: 'input', index: 0 } as const
      const made = { base, output: 0, owner: undefined, timestampNs: 5_000_000_000n } as const
      const from = await bench.snapshot({ 'dir/file': 'old', 'dir/to@': '../dir', file: 'f' })
      const kept = await changed(bench, from, (path) => chmodSync(join(path, 'dir/file'), 0o751))
      const over = await bench.run([{ ...made, kind: 'mkfile', path: '/dir/to/file', mode: 0o600, data: Buffer.from('new') }], [kept])
      assert.deepEqual([await bench.read(over), Number((await bench.stat(over, 'dir/file'))?.mode) & 0o7777, (await bench.stat(over, 'dir/file'))?.mtimeMs], [{ 'dir/file': 'new', 'dir/to@': '../dir', file: 'f' }, 0o751, 5000])
      const link = await bench.run([{ ...made, kind: 'symlink', path: '/dir/to/link', linkTarget: '/nowhere', owner: { user: '7', group: '8', lookup: base } }], [from])
      const stat = await bench.stat(link, 'dir/link')
      assert.deepEqual([(await bench.read(link))['dir/link@'], stat?.uid, stat?.gid, stat?.mtimeMs], ['/nowhere', 7, 8, 5000])
      const folder = { ...made, kind: 'mkdir', mode: 0o7750, makeParents: false } as const
      assert.deepEqual([Number((await bench.stat(await bench.run([{ ...folder, path: '/dir/new/' }], [from]), 'dir/new'))?.mode) & 0o7777, await bench.read(await bench.run([{ ...folder, path: '/file' }], [from]))], [0o750, await bench.read(from)])
      const mistakes: readonly FileAction[] = [{ ...folder, path: '/a/b' }, { ...made, kind: 'mkfile', path: '/a/b', mode: 0, data: Buffer.from('') }, { ...made, kind: 'symlink', path: '/a/b', linkTarget: 'x' }, { ...made, kind: 'mkfile', path: '/dir', mode: 0, data: Buffer.from('') }, { ...made, kind: 'symlink', path: '/file', linkTarget: 'x' }]
      const refusals = await Promise.all(mistakes.map(async (action) => bench.run([action], [from]).catch((error: unknown) => (error as Error).message)))
      assert.deepEqual(refusals, ['"/a": not found', '"/a": not found', '"/a": not found', 'cannot replace to directory /dir with file', 'cannot make link "/file": there is a file of that name'])
    })

    it('removes by name and by wildcard, inside links, and never the root', async () => {
      await using bench = await openBench(backend)
      const from = await bench.snapshot({ 'd/a.x': '', 'd/b.x': '', 'd/c': '', 'to@': 'd' })
      const remove = async (path: string, more: object = {}): Promise<unknown> => {
        const action: FileAction = { kind: 'rm', base: { kind: 'input', index: 0 }, output: 0, path, allowNotFound: false, allowWildcard: true, ...more }
        return bench.run([action], [from]).then(async (id) => Object.keys(await bench.read(id)), (error: unknown) => (error as Error).message)
      }
      assert.deepEqual(await Promise.all([remove('/d/*.x'), remove('/to/c'), remove('/to'), remove('/none*'), remove('/none'), remove('/none', { allowNotFound: true }), remove('/*.x', { allowWildcard: false }), remove('/')]), [
        ['d/c', 'to@'], ['d/a.x', 'd/b.x', 'to@'], ['d/a.x', 'd/b.x', 'd/c'], ['d/a.x', 'd/b.x', 'd/c', 'to@'], '"/none": not found', ['d/a.x', 'd/b.x', 'd/c', 'to@'], '"/*.x": not found', 'cannot remove the root folder',
      ])
    })

    it('goes on from any action before, and gives each output its own result', async () => {
      await using bench = await openBench(backend)
      const [base, from] = [await bench.snapshot({ base: '' }), await bench.snapshot({ 'd/x': 'x' })]
      const after = (index: number): { readonly base: ActionBase } => ({ base: { kind: 'action', index } })
      const actions: readonly FileAction[] = [
        copy('/d', '/one', { output: undefined }),
        copy('/d/x', '/two', { ...after(0), output: 1 }),
        copy('/one/x', '/three', { base: { kind: 'scratch' }, from: { kind: 'action', index: 0 }, output: 0 }),
        copy('/one', '/four', { ...after(1), from: { kind: 'action', index: 1 }, output: 2 }),
      ]
      const vertex = vertexOf(actions)
      const op = createFileOp({ kind: 'file', actions }, vertex, { snapshots: bench.snapshots, presence: { ensurePresent: async () => undefined }, hasher: bench.hasher, stepTimes: { record: () => undefined }, madeCopies: NO_COPIES, now: Date.now })
      const outputs = await op.execute([base, from], contextOf(vertex), signal)
      assert.deepEqual(await Promise.all(outputs.map((output) => bench.read(output))), [{ three: 'x' }, { base: '', 'one/x': 'x', two: 'x' }, { base: '', 'four/x': 'x', 'one/x': 'x', two: 'x' }])
    })

    it('unpacks an archive, and nothing of it outside its folder', async () => {
      await using bench = await openBench(backend)
      const folder = bench.folder({ 'in/file': 'file', 'in/out@': '/etc' })
      spawnSync('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', join(folder, 'in'), '.'])
      const from = await bench.snapshot({})
      await using mutable = await bench.snapshots.openMutable(from, signal)
      writeFileSync(join(mutable.path, 'a.tar.gz'), readFileSync(join(folder, 'a.tar.gz')))
      writeFileSync(join(mutable.path, 'plain'), 'plain')
      const archives = await mutable.commit()
      const result = await bench.run([copy('/*', '/x/', { unpackArchives: true })], [from, archives])
      assert.deepEqual(await bench.read(result), { 'x/file': 'file', 'x/out@': '/etc', 'x/plain': 'plain' })
    })
  })

  describe(`merges and differences over the ${backend === 'auto' ? 'best' : 'copying'} store`, { skip }, () => {
    it('put the layers of all inputs on top of each other', async () => {
      await using bench = await openBench(backend)
      const base = await bench.snapshot({ a: 'base', only: 'base' })
      const chain = await bench.snapshot({ b: 'chain' }, await bench.snapshot({ a: 'chain' }))
      const top = await bench.snapshot({ b: 'top' })
      const merged = await combine(bench, { kind: 'merge' }, [base, '', chain, top])
      assert.deepEqual([bench.snapshots.chain(merged as SnapshotId).length, await bench.read(merged)], [4, { a: 'chain', b: 'top', only: 'base' }])
      assert.deepEqual([await combine(bench, { kind: 'merge' }, [base]), await combine(bench, { kind: 'merge' }, ['', '']), await combine(bench, { kind: 'merge' }, [base, '', chain, top])], [base, '', merged])
    })

    it('are the layers above, or else what comparing finds', async () => {
      await using bench = await openBench(backend)
      const diff = { kind: 'diff', lower: 0, upper: 1 } as const
      const base = await bench.snapshot({ base: 'base', gone: '' })
      const upper = await bench.snapshot({ two: '2' }, await changed(bench, await bench.snapshot({ one: '1' }, base), (path) => rmSync(join(path, 'gone'))))
      const other = await bench.snapshot({ base: 'base', other: 'o' })
      const above = await combine(bench, diff, [base, upper])
      assert.deepEqual([bench.snapshots.chain(above as SnapshotId).length, await bench.read(above)], [3, { one: '1', two: '2' }])
      assert.deepEqual(await bench.read(await combine(bench, { kind: 'merge' }, [await bench.snapshot({ gone: '', own: '' }), above])), { one: '1', own: '', two: '2' })
      assert.deepEqual(Object.keys(await bench.read(await combine(bench, diff, [base, other]))).includes('other'), true)
      assert.deepEqual([await combine(bench, diff, [base, base]), await combine(bench, { kind: 'diff', lower: undefined, upper: 0 }, [upper]), await bench.read(await combine(bench, { kind: 'diff', lower: 0, upper: undefined }, [base]))], ['', upper, {}])
    })

    it('count by what they are of, and are told apart', async () => {
      await using bench = await openBench(backend)
      const ops: readonly (MergeOp | DiffOp)[] = [{ kind: 'merge' }, { kind: 'diff', lower: 0, upper: 1 }, { kind: 'diff', lower: 1, upper: 0 }]
      const maps = await Promise.all([...ops.map((op) => combiner(bench, op, 2)), combiner(bench, { kind: 'merge' }, 3)].map(async (op) => op.cacheMap(contextOf(vertexOf([])), signal)))
      assert.deepEqual([new Set(maps.map(({ digest }) => digest)).size, maps[0]?.inputs], [4, [{ selector: '', contentDigest: undefined }, { selector: '', contentDigest: undefined }]])
    })
  })

  for (const way of ['shared', 'sent'] as const) {
    describe(`a ${way} context over the ${backend === 'auto' ? 'best' : 'copying'} store`, { skip }, () => {
      it('is brought once, is the same snapshot while nothing changes, and then changes by what did', async () => {
        await using bench = await openBench(backend)
        const folder = bench.folder({ 'keep': 'keep', 'change': 'before', 'gone/x': 'x', 'turn/inside': 'x', 'link@': 'keep', 'skipped/x': 'x' })
        const sync = localSync(bench, folder, way)
        const first = await sync()
        assert.deepEqual(await bench.read(first), { change: 'before', 'gone/x': 'x', keep: 'keep', 'link@': 'keep', 'turn/inside': 'x' })
        assert.equal(await sync(), first)

        rmSync(join(folder, 'gone'), { recursive: true })
        rmSync(join(folder, 'turn'), { recursive: true })
        writeTree(folder, { change: 'after', 'turn@': '/etc', 'new/deep/file': 'new' })
        const second = await sync()
        assert.deepEqual(await bench.read(second), { change: 'after', keep: 'keep', 'link@': 'keep', 'new/deep/file': 'new', 'turn@': '/etc' })
        assert.equal(bench.snapshots.get(second as SnapshotId)?.parent, first)
        assert.equal(await sync(), second)
      })

      it('stays a few layers however often it changes, of which the lowest is brought once', async () => {
        await using bench = await openBench(backend)
        const tree: Record<string, string> = { 'a/kept': 'kept', 'b/x': 'x', 'b/y': 'y' }
        const folder = bench.folder(tree)
        const sync = localSync(bench, folder, way)
        const first = (await sync()) as SnapshotId
        for (let change = 0; change < 19; change += 1) {
          const gone = `a/f${change - 3}`
          rmSync(join(folder, gone), { force: true })
          Reflect.deleteProperty(tree, gone)
          const changes = { [`a/f${change}`]: `new ${change}`, 'b/x': `changed ${change}` }
          writeTree(folder, changes)
          Object.assign(tree, changes)
          const chain = bench.snapshots.chain((await sync()) as SnapshotId)
          assert.deepEqual([chain[0]?.id, chain.length <= 17], [first, true])
        }
        assert.deepEqual(await bench.read(await sync()), Object.fromEntries(Object.entries(tree).toSorted()))
      })

      it('belongs to root, keeps times, modes and hard links', async () => {
        await using bench = await openBench(backend)
        const folder = bench.folder({ 'a/one': '1' })
        linkSync(join(folder, 'a/one'), join(folder, 'a/two'))
        chmodSync(join(folder, 'a/one'), 0o751)
        spawnSync('chown', ['12:34', join(folder, 'a/one')])
        utimesSync(join(folder, 'a/one'), 1_000_000, 1_000_000)
        const id = await localSync(bench, folder, way)()
        const [one, two] = [await bench.stat(id, 'a/one'), await bench.stat(id, 'a/two')]
        assert.deepEqual([one?.uid, one?.gid, Number(one?.mode) & 0o7777, one?.mtimeMs], [0, 0, 0o751, 1_000_000_000])
        assert.equal(one?.ino, two?.ino)
      })

      it('has the times of the client, for folders in which something changed, too', async () => {
        await using bench = await openBench(backend)
        const folder = bench.folder({ 'a/sub/one': '1', 'b/gone': 'x' })
        const sync = localSync(bench, folder, way)
        await sync()
        rmSync(join(folder, 'b/gone'))
        writeTree(folder, { 'a/sub/one': 'changed', 'a/sub/more/new': 'new' })
        const times: readonly (readonly [string, number])[] = [['a/sub/one', 1], ['a/sub/more/new', 2], ['a/sub/more', 3], ['a/sub', 4], ['a', 5], ['b', 6]]
        for (const [path, seconds] of times) utimesSync(join(folder, path), seconds, seconds)
        const second = await sync()
        const told = await Promise.all(['a/sub/one', 'a/sub/more/new', 'a/sub/more', 'a/sub', 'b'].map(async (path) => Number((await bench.stat(second, path))?.mtimeMs) / 1000))
        assert.deepEqual(told, [1, 2, 3, 4, 6])
      })
    })
  }
}
function combiner({ snapshots }: Bench, op: MergeOp | DiffOp, inputCount: number): Op {
  const vertex = { ...vertexOf([]), inputs: Array.from({ length: inputCount }, () => ({ vertex: digestOf('input'), index: 0 })) }
  return op.kind === 'merge' ? createMergeOp(vertex, { snapshots }) : createDiffOp(op, vertex, { snapshots, presence: { ensurePresent: async () => undefined } })
}

/** The result with all its files. */
async function combine(bench: Bench, op: MergeOp | DiffOp, inputs: readonly (ResultId | undefined)[]): Promise<ResultId | undefined> {
  const results = inputs.map((input) => input ?? '')
  for (const input of results.filter((id) => id !== '')) await bringGrafts(bench, input)
  const [result] = await combiner(bench, op, inputs.length).execute(results, contextOf(vertexOf([])), signal)
  if (result !== undefined && result !== '') await bringGrafts(bench, result)
  return result
}

async function bringGrafts({ snapshots }: Bench, id: ResultId): Promise<void> {
  for (const { id: layer, state } of snapshots.chain(id as SnapshotId)) if (state === 'lazy') await snapshots.materialize(layer, signal)
}

/** Brings `folder` as a build would: read directly, or sent by its client's walk. */
function localSync(bench: Bench, folder: string, way: 'shared' | 'sent'): () => Promise<ResultId | undefined> {
  const filter = { includePatterns: [], excludePatterns: ['skipped'], followPaths: [] }
  const files: ContextFiles = {
    sharedKey: () => 'key',
    sharedFolder: () => (way === 'shared' ? folder : undefined),
    async receiveFolder(_session, _name, asked, receiver) {
      const tree = openFolderTree(folder, asked)
      const wanted: (() => Promise<void>)[] = []
      for await (const stat of tree.walk(signal)) {
        if ((await receiver.entry(stat)) === 'content') wanted.push(() => receiver.content(stat, tree.read(stat.path, signal)))
      }
      for (const send of wanted) await send()
      await receiver.end()
    },
  }
  const source = { kind: 'local', name: 'context', sessionId: 's', sharedKeyHint: 'context', ...filter } as const
  const op = createLocalSource(source, { files, snapshots: bench.snapshots, hasher: bench.hasher, mirrors: createFileMirrors(join(bench.root, 'contexts')), now: Date.now })
  return async () => (await op.execute([], contextOf(vertexOf([])), signal))[0]
}

