import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { asByteString } from '../../kit/byteString.ts'
import type { LayerEntry } from '../facts/layerFacts.ts'
import { buildImageTree } from './imageTree.ts'

const file = (path: string, mode = 0o644): LayerEntry => ({ kind: 'file', path: asByteString(path), mode, hasCapabilities: false, content: { kind: 'other' } })
const folder = (path: string): LayerEntry => ({ kind: 'folder', path: asByteString(path) })
const symlink = (path: string, target: string): LayerEntry => ({ kind: 'symlink', path: asByteString(path), target: asByteString(target) })
const hardlink = (path: string, target: string): LayerEntry => ({ kind: 'hardlink', path: asByteString(path), target: asByteString(target) })
const removal = (path: string): LayerEntry => ({ kind: 'removal', path: asByteString(path) })
const opaque = (path: string): LayerEntry => ({ kind: 'opaque', path: asByteString(path) })

function filesOf(layers: readonly (readonly LayerEntry[])[]): readonly string[] {
  return [...buildImageTree(layers.map((entries) => ({ entries }))).files()].map(({ path, node }) => `${path}@${node.layer}`).sort()
}

describe('buildImageTree', () => {
  const cases: readonly (readonly [name: string, layers: readonly (readonly LayerEntry[])[], files: readonly string[]])[] = [
    ['makes the folders that no entry tells of', [[file('a/b/c')]], ['/a/b/c@0']],
    ['lets the upper layer win', [[file('a')], [file('a')]], ['/a@1']],
    ['takes away what a whiteout names', [[file('d/a'), file('d/b')], [removal('d/a')]], ['/d/b@0']],
    ['takes away a whole folder', [[file('d/a'), file('e')], [removal('d')]], ['/e@0']],
    ['keeps what the same layer has at the name that it removes', [[file('d/a')], [file('d/b'), removal('d')]], ['/d/b@1']],
    ['empties an opaque folder of what lower layers had', [[file('d/a')], [file('d/b'), opaque('d')]], ['/d/b@1']],
    ['empties the root', [[file('a')], [opaque(''), file('b')]], ['/b@1']],
    ['puts a file where a link of a lower layer leads', [[folder('usr/bin'), symlink('bin', 'usr/bin')], [file('bin/app')]], ['/usr/bin/app@1']],
    ['removes through such a link', [[file('usr/bin/app'), symlink('bin', 'usr/bin')], [removal('bin/app')]], []],
    ['removes nothing behind a link that it replaces by a folder', [[file('d/a'), symlink('l', 'd')], [folder('l'), removal('l/a'), file('l/b')]], ['/d/a@0', '/l/b@1']],
    ['hides nothing behind a link that it replaces by a folder', [[file('d/e/a'), symlink('l', 'd')], [folder('l'), opaque('l/e'), opaque('l')]], ['/d/e/a@0']],
    ['replaces a link by a folder', [[file('x/a'), symlink('d', 'x')], [folder('d'), file('d/b')]], ['/d/b@1', '/x/a@0']],
    ['replaces a file by a folder, and a folder by a file', [[file('a'), file('d/b')], [file('a/c'), file('d')]], ['/a/c@1', '/d@1']],
    ['gives a hard link the file of a lower layer, and its own layer', [[file('a')], [hardlink('b', 'a'), removal('a')]], []],
    ['keeps a hard link where its target stays', [[file('a')], [hardlink('b', 'a')]], ['/a@0', '/b@1']],
    ['leaves out what would be outside', [[file('../a'), file('d/../../b')]], []],
    ['puts what follows where a link leads that has replaced its folder', [[file('e/x'), file('d/a'), symlink('d', 'e'), file('d/b')]], ['/e/b@0', '/e/x@0']],
    ['puts nothing above a folder after a file of that folder', [[file('d/a'), file('d/..')]], ['/d/a@0']],
    ['puts what follows where a link leads that has led nowhere', [[symlink('d', 'there'), file('d/a')]], ['/there/a@0']],
    ['leaves out what is behind links that go round in circles', [[symlink('d', 'e'), symlink('e', 'd'), file('d/a')]], []],
  ]
  for (const [name, layers, files] of cases) it(name, () => assert.deepEqual(filesOf(layers), files))

  const found: readonly (readonly [path: string, place: string | undefined])[] = [
    ['/usr/lib/libc.so', '/usr/lib/libc.so'],
    ['usr/lib/libc.so', '/usr/lib/libc.so'],
    ['/lib/libc.so', '/usr/lib/libc.so'],
    ['/lib/../../../lib//./libc.so', '/usr/lib/libc.so'],
    ['/lib64/libc.so', '/usr/lib/libc.so'],
    ['/usr/lib/libc.so/', '/usr/lib/libc.so'],
    ['/usr/lib/libc.so/more', undefined],
    ['/link', '/usr/lib/libc.so'],
    ['/round', undefined],
    ['/out', '/usr/lib/libc.so'],
    ['/', '/'],
    ['/none', undefined],
  ]
  const tree = buildImageTree([{ entries: [file('usr/lib/libc.so'), symlink('lib', 'usr/lib'), symlink('lib64', '/lib'), symlink('link', 'lib64/libc.so'), symlink('round', 'trip'), symlink('trip', 'round'), symlink('out', '../../../usr/lib/libc.so')] }])
  for (const [path, place] of found) it(`finds ${place ?? 'nothing'} at ${path}`, () => assert.equal(tree.find(path)?.path, place))

  it('says that what is not found may be there where a layer is not known', () => {
    assert.deepEqual([buildImageTree([undefined, { entries: [] }]).isComplete, buildImageTree([{ entries: [] }]).isComplete], [false, true])
  })
  it('never fails, and ends, whatever the layers', () => {
    const name = fc.array(fc.constantFrom('a', 'b', 'c', '..'), { minLength: 1, maxLength: 5 }).map((names) => asByteString(names.join('/')))
    const entry: fc.Arbitrary<LayerEntry> = fc.oneof(
      name.map((path) => file(path)),
      fc.tuple(name, name).map(([path, target]) => symlink(path, target)),
      fc.tuple(name, name).map(([path, target]) => hardlink(path, target)),
      name.map(folder),
      name.map(removal),
      name.map(opaque),
    )
    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 12 }), { maxLength: 4 }), name, (layers, path) => {
        const made = buildImageTree(layers.map((entries) => ({ entries })))
        for (const { path: known } of made.files()) assert.equal(made.find(known)?.path, known)
        made.find(path)
      }),
      { numRuns: 500 },
    )
  })
})
