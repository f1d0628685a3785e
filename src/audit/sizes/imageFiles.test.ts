import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foldLayers } from './imageFiles.ts'
import { makeLayer } from './layerFiles.suite.ts'

type Layer = Parameters<typeof makeLayer>[0]

async function fold(layers: readonly Layer[]): Promise<{ readonly files: readonly string[]; readonly wasted: readonly string[] }> {
  const { files, wasted } = foldLayers(await Promise.all(layers.map(makeLayer)))
  return {
    files: files.map(({ path, sizeBytes, layer }) => `${path} ${sizeBytes} in ${layer}`).sort(),
    wasted: wasted.map(({ path, sizeBytes, layer, byLayer, how }) => `${path} ${sizeBytes} in ${layer} ${how} by ${byLayer}`).sort(),
  }
}

describe('foldLayers', () => {
  const cases: readonly { readonly name: string; readonly layers: readonly Layer[]; readonly files: readonly string[]; readonly wasted: readonly string[] }[] = [
    { name: 'sees the files of all layers', layers: [{ 'a/b': 'xx' }, { 'a/c': 'x' }], files: ['a/b 2 in 0', 'a/c 1 in 1'], wasted: [] },
    { name: 'counts what a later layer deletes', layers: [{ a: 'xx', b: 'x' }, { '.wh.a': '' }], files: ['b 1 in 0'], wasted: ['a 2 in 0 deleted by 1'] },
    { name: 'counts all of a folder that is deleted', layers: [{ 'd/e/a': 'xx', 'd/b': 'x' }, { '.wh.d': '' }], files: [], wasted: ['d/b 1 in 0 deleted by 1', 'd/e/a 2 in 0 deleted by 1'] },
    { name: 'counts what an opaque folder hides, and not what its layer puts there', layers: [{ 'd/a': 'xx' }, { 'd/b': 'x', 'd/.wh..wh..opq': '' }], files: ['d/b 1 in 1'], wasted: ['d/a 2 in 0 deleted by 1'] },
    { name: 'tells new content from new metadata', layers: [{ a: 'xx', b: 'yy' }, { a: 'xx', b: 'zz' }], files: ['a 2 in 1', 'b 2 in 1'], wasted: ['a 2 in 0 touched by 1', 'b 2 in 0 replaced by 1'] },
    { name: 'counts a folder that a file takes the place of', layers: [{ 'd/a': 'xx' }, { d: 'x' }], files: ['d 1 in 1'], wasted: ['d/a 2 in 0 replaced by 1'] },
    { name: 'counts a file that a folder takes the place of', layers: [{ d: 'xx' }, { 'd/a': 'x' }], files: ['d/a 1 in 1'], wasted: ['d 2 in 0 replaced by 1'] },
    { name: 'counts a file with hard links once', layers: [{ a: 'xx', b: '=> a' }], files: ['a 2 in 0'], wasted: [] },
    { name: 'keeps a file of which one link is left', layers: [{ a: 'xx', b: '=> a' }, { '.wh.a': '' }], files: ['a 2 in 0'], wasted: [] },
    { name: 'loses a file with its last link', layers: [{ a: 'xx', b: '=> a' }, { '.wh.a': '' }, { '.wh.b': '' }], files: [], wasted: ['a 2 in 0 deleted by 2'] },
    { name: 'leaves out links that lead nowhere, and to themselves', layers: [{ a: 'xx', b: '=> gone' }, { a: '=> a' }, { '.wh.a': '' }], files: [], wasted: ['a 2 in 0 deleted by 2'] },
    { name: 'keeps a folder that comes again', layers: [{ 'd/a': 'xx' }, { 'd/': '' }], files: ['d/a 2 in 0'], wasted: [] },
    { name: 'has no path outside of the image', layers: [{ './a': 'xx' }, { '/../a': 'yyy' }], files: ['a 3 in 1'], wasted: ['a 2 in 0 replaced by 1'] },
    { name: 'minds no removal of what is not there', layers: [{ a: 'xx' }, { '.wh.b': '', 'c/.wh..wh..opq': '', '.wh..wh.plnk': '' }], files: ['a 2 in 0'], wasted: [] },
    { name: 'takes a root that is hidden', layers: [{ a: 'xx' }, { '.wh..wh..opq': '', b: 'x' }], files: ['b 1 in 1'], wasted: ['a 2 in 0 deleted by 1'] },
    { name: 'wastes nothing where there are no bytes', layers: [{ a: '', l: '-> a' }, { '.wh.a': '', '.wh.l': '' }], files: [], wasted: [] },
  ]
  for (const { name, layers, files, wasted } of cases) it(name, async () => assert.deepEqual(await fold(layers), { files, wasted }))

  it('takes folders of any depth', async () => {
    const deep = `${'d/'.repeat(1900)}a`
    assert.deepEqual((await fold([{ [deep]: 'xx' }, { '.wh.d': '' }])).wasted.length, 1)
  })
})
