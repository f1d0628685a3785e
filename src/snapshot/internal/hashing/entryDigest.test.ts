import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../../ground/digest.ts'
import { asByteString } from '../../../kit/byteString.ts'
import { digestEntry, type DigestedEntry } from './entryDigest.ts'

const FILE: DigestedEntry = {
  ...{ mode: 0o644, uid: 1, gid: 2, mtimeNs: 3n, xattrs: new Map() },
  ...{ shape: { kind: 'file', sizeBytes: 4, inode: '1:1', linkCount: 1 }, content: digestOf('text'), children: undefined },
}
const FOLDER: DigestedEntry = { ...FILE, shape: { kind: 'folder', isOpaque: false }, content: undefined, children: [[asByteString('a'), digestOf('a')]] }

describe('digestEntry', () => {
  // A change of these is a change of every cache key in use
  it('keeps the form that cache keys were made of', () => {
    assert.deepEqual([digestEntry(FILE), digestEntry(FOLDER)], GOLDEN)
  })

  const unseen: readonly { readonly name: string; readonly entry: DigestedEntry }[] = [
    { name: 'the time', entry: { ...FILE, mtimeNs: 99n } },
    { name: 'the inode and its other names', entry: { ...FILE, shape: { kind: 'file', sizeBytes: 4, inode: '9:9', linkCount: 9 } } },
  ]
  for (const { name, entry } of unseen) it(`does not count ${name}`, () => assert.equal(digestEntry(entry), digestEntry(FILE)))

  const seen: readonly { readonly name: string; readonly entry: DigestedEntry }[] = [
    { name: 'set-id bits', entry: { ...FILE, mode: 0o4644 } },
    { name: 'the owner', entry: { ...FILE, uid: 9 } },
    { name: 'the group', entry: { ...FILE, gid: 9 } },
    { name: 'an attribute', entry: { ...FILE, xattrs: new Map([['user.a', Uint8Array.from([255])]]) } },
    { name: 'the content', entry: { ...FILE, content: digestOf('Text') } },
    { name: 'a device number', entry: { ...FILE, shape: { kind: 'block-device', major: 1, minor: 2 }, content: undefined } },
  ]
  for (const { name, entry } of seen) it(`counts ${name}`, () => assert.notEqual(digestEntry(entry), digestEntry(FILE)))
})

const GOLDEN = [
  'sha256:26ac2f29f1d8296d20d7f08036821a66fbc97b156fbcdf5c27dd4a350aeb1ecf',
  'sha256:2cfe117099f4c5e991c6a221821f81d7236c4fec3d5b5698c761681eb5784c40',
]
