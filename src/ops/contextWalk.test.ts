import assert from 'node:assert/strict'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { FileStat, TreeFilter } from '../api/fileSync.ts'
import { openFolderTree } from './contextWalk.ts'

const { signal } = new AbortController()
const folder = mkdtempSync(join(tmpdir(), 'pelago-walk-'))
after(() => rmSync(folder, { recursive: true }))

/** A folder of files with one character each, `path -> target` being a link. */
function makeFolder(name: string, entries: readonly string[]): string {
  const root = join(folder, name)
  mkdirSync(root)
  for (const entry of entries) {
    const [path = '', target] = entry.split(' -> ')
    mkdirSync(dirname(join(root, path)), { recursive: true })
    if (target !== undefined) symlinkSync(target, join(root, path))
    else writeFileSync(join(root, path), 'x')
  }
  return root
}

async function walk(root: string, filter: Partial<TreeFilter> = {}): Promise<readonly FileStat[]> {
  const stats: FileStat[] = []
  for await (const stat of openFolderTree(root, { includePatterns: [], excludePatterns: [], followPaths: [], ...filter }).walk(signal)) stats.push(stat)
  return stats
}

const NESTED = makeFolder('nested', ['a/b', 'a-b', 'a/c/d', 'node_modules/x/y', 'node_modules/keep', 'z'])
const LINKS = makeFolder('links', ['real/one', 'real/two', 'other', 'in -> real', 'deep/up -> ../real/one', 'abs -> /other', 'loop -> loop', 'out -> ../nested/z'])

describe('the walk of a context', () => {
  const cases: readonly { readonly name: string; readonly root: string; readonly filter: Partial<TreeFilter>; readonly want: readonly string[] }[] = [
    { name: 'gives folders before what is in them, and siblings by name', root: NESTED, filter: {}, want: ['a', 'a/b', 'a/c', 'a/c/d', 'a-b', 'node_modules', 'node_modules/keep', 'node_modules/x', 'node_modules/x/y', 'z'] },
    { name: 'leaves out what is excluded', root: NESTED, filter: { excludePatterns: ['node_modules', '**/c'] }, want: ['a', 'a/b', 'a-b', 'z'] },
    { name: 'gives a folder that is excluded for what is kept of it', root: NESTED, filter: { excludePatterns: ['node_modules', '!node_modules/keep'] }, want: ['a', 'a/b', 'a/c', 'a/c/d', 'a-b', 'node_modules', 'node_modules/keep', 'z'] },
    { name: 'gives what is included, with the folders around it', root: NESTED, filter: { includePatterns: ['**/d', 'z'] }, want: ['a', 'a/c', 'a/c/d', 'z'] },
    { name: 'gives what paths name', root: NESTED, filter: { followPaths: ['a/c', '/z'] }, want: ['a', 'a/c', 'a/c/d', 'z'] },
    { name: 'gives what wildcards name, component by component', root: NESTED, filter: { followPaths: ['*/?'] }, want: ['a', 'a/b', 'a/c', 'a/c/d', 'node_modules', 'node_modules/x', 'node_modules/x/y'] },
    { name: 'excludes from what paths name', root: NESTED, filter: { followPaths: ['a'], excludePatterns: ['a/c'] }, want: ['a', 'a/b'] },
    { name: 'gives all where the root is named', root: NESTED, filter: { followPaths: ['z', '.'], excludePatterns: ['a', 'node_modules'] }, want: ['a-b', 'z'] },
    { name: 'brings the link and what it leads to', root: LINKS, filter: { followPaths: ['in/one'] }, want: ['in', 'real', 'real/one'] },
    { name: 'follows a link upwards', root: LINKS, filter: { followPaths: ['deep/up'] }, want: ['deep', 'deep/up', 'real', 'real/one'] },
    { name: 'takes an absolute link from the root of the context', root: LINKS, filter: { followPaths: ['abs'] }, want: ['abs', 'other'] },
    { name: 'ends at a loop', root: LINKS, filter: { followPaths: ['loop'] }, want: ['loop'] },
    { name: 'never leaves the context', root: LINKS, filter: { followPaths: ['out', '../nested/z'] }, want: ['out'] },
    { name: 'gives nothing for what is not there', root: LINKS, filter: { followPaths: ['none/at/all'] }, want: [] },
  ]
  for (const { name, root, filter, want } of cases) {
    it(name, async () => assert.deepEqual((await walk(root, filter)).map(({ path }) => path), want))
  }

  it('says that everything is root\'s, and which file is a link to an earlier one', async () => {
    const root = makeFolder('hard', ['b'])
    linkSync(join(root, 'b'), join(root, 'c'))
    const stats = await walk(root)
    assert.deepEqual(stats.map(({ path, uid, gid, sizeBytes, linkTarget }) => ({ path, uid, gid, sizeBytes, linkTarget })), [
      { path: 'b', uid: 0, gid: 0, sizeBytes: 1, linkTarget: '' },
      { path: 'c', uid: 0, gid: 0, sizeBytes: 0, linkTarget: 'b' },
    ])
  })

  it('refuses a name that is not UTF-8', async () => {
    const root = makeFolder('bytes', [])
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x61])]), '')
    await assert.rejects(walk(root), { name: 'ContextNameError' })
  })
})
