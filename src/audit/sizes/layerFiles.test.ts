import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TooManyFilesError } from './layerFiles.ts'
import { makeLayer } from './layerFiles.suite.ts'

describe('readLayerFiles', () => {
  it('counts files and their bytes, and tells equal contents', async () => {
    const { entries, fileCount, sizeBytes } = await makeLayer({ 'd/': '', 'd/a': 'same', 'd/b': 'same', 'd/c': 'else', l: '-> d' })
    assert.deepEqual([fileCount, sizeBytes], [3, 12])
    const contents = entries.flatMap((entry) => (entry.kind === 'file' ? [entry.content] : []))
    assert.ok(contents[0] === contents[1] && contents[0] !== contents[2] && contents[0]?.length === 16)
  })
  it('holds no more than it is allowed to', async () => {
    const files = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`f${index}`, '']))
    await assert.rejects(makeLayer(files), TooManyFilesError)
  })
})
