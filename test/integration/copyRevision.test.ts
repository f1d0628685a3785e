import assert from 'node:assert/strict'
import { chmodSync, linkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { digestOf } from '../../src/ground/digest.ts'
import type { CopyAction } from '../../src/graph/vertex.ts'
import type { SnapshotId } from '../../src/snapshot/snapshotStore.ts'
import type { ResultId } from '../../src/solver/op.ts'
import { changed, copy, openBench, writeTree, type Bench, type Tree } from '../support/opsBench.ts'
import { missingForRootWork } from '../support/requires.ts'

const skip = missingForRootWork('tar')
const { signal } = new AbortController()

describe('COPY of a folder that was copied before', { skip }, () => {
  const base: Tree = { 'etc/passwd': 'root:x:0:0::/:\napp:x:1000:1001::/:\n', 'app/old': 'old', 'app/hides': 'base', 'app/shared/base': 'base', 'usr/x': 'x' }
  const source: Tree = { 'in/a': 'a', 'in/b': 'b', 'in/sub/c': 'c', 'in/sub/deep/d': 'd', 'in/link@': 'a', 'in/hides': 'hides', 'in/shared/mine': 'mine', other: 'other' }
  const byName = { owner: { user: 'app', group: undefined, lookup: { kind: 'input', index: 0 } } } as const
  const cases: readonly { readonly name: string; readonly change: (path: string) => unknown; readonly more?: Partial<CopyAction>; readonly isRevision: boolean }[] = [
    { name: 'a file changed', change: (path) => writeTree(path, { 'in/sub/c': 'changed' }), isRevision: true },
    { name: 'files and folders came', change: (path) => writeTree(path, { 'in/new': 'new', 'in/sub/more/e': 'e', 'in/empty/': '', 'in/old': 'over the base' }), isRevision: true },
    { name: 'a file has two names', change: nameTwice, isRevision: true },
    { name: 'modes and links changed', change: changeModes, isRevision: true },
    { name: 'its files are given to somebody', change: (path) => writeTree(path, { 'in/a': 'changed', 'in/new/x': 'x' }), more: byName, isRevision: true },
    { name: 'something changed that is no part of it', change: (path) => writeTree(path, { other: 'changed' }), isRevision: true },
    { name: 'a file is gone', change: (path) => without(path, 'in/sub/c'), isRevision: true },
    { name: 'a folder is gone', change: (path) => without(path, 'in/sub/deep'), isRevision: true },
    { name: 'all is gone', change: (path) => ['in/a', 'in/b', 'in/link', 'in/twin'].forEach((name) => without(path, name)), isRevision: true },
    { name: 'one name of a file with two is gone', change: (path) => without(path, 'in/a'), isRevision: true },
    { name: 'a file is gone, and another came', change: (path) => writeTree(without(path, 'in/sub/c'), { 'in/sub/moved': 'c' }), isRevision: true },
    { name: 'a folder is gone, and came again with less', change: (path) => writeTree(without(path, 'in/sub'), { 'in/sub/c': 'c' }), isRevision: true },
    { name: 'a link is gone, and came again as a file', change: (path) => writeTree(without(path, 'in/link'), { 'in/link': 'file' }), isRevision: true },
    { name: 'something is gone that is no part of it', change: (path) => without(path, 'other'), isRevision: true },
    { name: 'what is gone is below, too', change: (path) => without(path, 'in/hides'), isRevision: false },
    { name: 'a folder is gone that is below, too', change: (path) => without(path, 'in/shared'), isRevision: false },
    { name: 'a folder came again with less, and what it lacks is below', change: (path) => writeTree(without(path, 'in/shared'), { 'in/shared/new': '' }), isRevision: false },
    { name: 'a folder took the place of a file', change: (path) => writeTree(without(path, 'in/a'), { 'in/a/x': 'x' }), isRevision: false },
    { name: 'a file took the place of a folder', change: (path) => writeTree(without(path, 'in/sub'), { 'in/sub': 'file' }), isRevision: false },
    { name: 'patterns choose of it', change: (path) => writeTree(path, { 'in/a': 'changed', 'in/b': 'changed' }), more: { excludePatterns: ['b'] }, isRevision: false },
  ]
  for (const { name, change, more = {}, isRevision } of cases) {
    it(`copies ${isRevision ? 'what changed' : 'all again'} where ${name}, to the same layer`, async () => {
      await using bench = await openBench('auto')
      const below = await bench.snapshot(base)
      const before = await changed(bench, undefined, (path) => linkSync(join(writeTree(path, source), 'in/a'), join(path, 'in/twin')))
      const action = copy('/in', '/app', more)
      await bench.run([action], [below, before], bench.madeCopies)
      const after = await changed(bench, before, change)
      const again = await changed(bench, after, (path) => writeTree(path, { 'in/again': 'again' }))
      const revisions: boolean[] = []
      for (const from of [after, again]) {
        const [revised, whole] = [await bench.run([action], [below, from], bench.madeCopies), await bench.run([action], [below, from])]
        assert.deepEqual(await bench.read(revised), await bench.read(whole))
        assert.ok((await layerBytes(bench, revised)).equals(await layerBytes(bench, whole)))
        assert.equal(bench.snapshots.get(revised as SnapshotId)?.parent, below)
        revisions.push(bench.snapshots.get(revised as SnapshotId)?.revises !== undefined)
      }
      assert.deepEqual(revisions, [isRevision, more.excludePatterns === undefined])
    })
  }

  it('keeps the snapshot that it revises, and shows both to what is built on it', async () => {
    await using bench = await openBench('auto')
    const [below, before] = [await bench.snapshot(base), await bench.snapshot(source)]
    const first = (await bench.run([copy('/in', '/app')], [below, before], bench.madeCopies)) as SnapshotId
    const after = await changed(bench, before, (path) => writeTree(path, { 'in/a': 'changed' }))
    const revised = (await bench.run([copy('/in', '/app')], [below, after], bench.madeCopies)) as SnapshotId
    assert.equal(await bench.snapshots.remove(first, Infinity, signal), false)
    const above = await changed(bench, revised, (path) => writeTree(path, { 'app/above': 'above' }))
    assert.deepEqual(await bench.read(above), { ...(await bench.read(revised)), 'app/above': 'above' })
    const graft = bench.snapshots.graft(revised, undefined)
    await bench.snapshots.materialize(graft, signal)
    assert.deepEqual(await bench.read(graft), { 'app/a': 'changed', 'app/b': 'b', 'app/hides': 'hides', 'app/link@': 'a', 'app/shared/mine': 'mine', 'app/sub/c': 'c', 'app/sub/deep/d': 'd' })
    const entries = await gatherPaths(bench, revised, 'revision')
    assert.deepEqual(entries, ['app', 'app/a'])
  })

  it('is not remembered where its result was pruned meanwhile', async () => {
    await using bench = await openBench('auto')
    const [first, second] = [await bench.snapshot(base), await bench.snapshot(source)]
    bench.madeCopies.record(digestOf('copy'), { source: first, result: second })
    assert.equal(await bench.snapshots.remove(second, Infinity, new AbortController().signal), true)
    assert.equal(bench.madeCopies.find(digestOf('copy')), undefined)
    bench.madeCopies.record(digestOf('copy'), { source: first, result: second })
    assert.equal(bench.madeCopies.find(digestOf('copy')), undefined)
  })

  it('folds what has come together where too many folders would lie above each other', async () => {
    await using bench = await openBench('auto')
    const below = await bench.snapshot(base)
    let from = await bench.snapshot(source)
    const revised: boolean[] = []
    for (let build = 0; build < 20; build += 1) {
      const id = (await bench.run([copy('/in', '/app')], [below, from], bench.madeCopies)) as SnapshotId
      revised.push(bench.snapshots.get(id)?.revises !== undefined)
      if (build > 14) {
        const whole = await bench.run([copy('/in', '/app')], [below, from])
        assert.deepEqual(await bench.read(id), await bench.read(whole))
        assert.ok((await layerBytes(bench, id)).equals(await layerBytes(bench, whole)))
      }
      from = await changed(bench, from, (path) => writeTree(path, { 'in/a': `build ${build}`, [`in/sub/new${build}`]: 'new' }))
    }
    assert.deepEqual(revised.flatMap((isRevision, build) => (isRevision ? [] : [build])), [0])
  })

  it('folds removals, too: of what was there at first, of what came later, and of a folder that came again', async () => {
    await using bench = await openBench('auto')
    const below = await bench.snapshot(base)
    let from = await bench.snapshot({ ...source, 'in/kept': '' })
    const revised: boolean[] = []
    for (let build = 0; build < 36; build += 1) {
      const [id, whole] = [await bench.run([copy('/in', '/app')], [below, from], bench.madeCopies), await bench.run([copy('/in', '/app')], [below, from])]
      revised.push(bench.snapshots.get(id as SnapshotId)?.revises !== undefined)
      assert.deepEqual(await bench.read(id), await bench.read(whole))
      assert.ok((await layerBytes(bench, id)).equals(await layerBytes(bench, whole)))
      from = await changed(bench, from, (path) => {
        if (build % 3 === 0) without(path, 'in/sub')
        if (build % 3 === 1) writeTree(path, { [`in/sub/new${build}`]: '', [`in/late${build}`]: '' })
        if (build % 3 === 2) without(path, `in/late${build - 1}`)
        writeTree(path, { 'in/b': `build ${build}` })
      })
    }
    assert.deepEqual(revised.flatMap((isRevision, build) => (isRevision ? [] : [build])), [0])
  })
})

async function layerBytes({ snapshots }: Bench, id: ResultId | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of snapshots.readLayer(id as SnapshotId, { clampTimeSeconds: undefined }, signal)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

async function gatherPaths({ snapshots }: Bench, id: SnapshotId, extent: 'layer' | 'revision'): Promise<readonly string[]> {
  const paths: string[] = []
  for await (const { header } of snapshots.readEntries(id, extent, signal)) paths.push(header.path)
  return paths
}

function changeModes(path: string): void {
  chmodSync(join(path, 'in/sub'), 0o700)
  chmodSync(join(path, 'in/b'), 0o711)
  rmSync(join(path, 'in/link'))
  symlinkSync('b', join(path, 'in/link'))
}

function nameTwice(path: string): void {
  writeTree(path, { 'in/more/one': '1' })
  linkSync(join(path, 'in/more/one'), join(path, 'in/two'))
}

function without(path: string, name: string): string {
  rmSync(join(path, name), { recursive: true })
  return path
}
