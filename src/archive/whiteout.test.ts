import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromText } from '../kit/byteString.ts'
import { formatOpaque, formatRemoval, parseWhiteout } from './whiteout.ts'

describe('parseWhiteout', () => {
  for (const { path, want } of [
    { path: 'a/b', want: undefined },
    { path: 'a/.wh.b', want: { kind: 'removal', path: 'a/b' } },
    { path: '.wh.b', want: { kind: 'removal', path: 'b' } },
    { path: '/a/.wh.b', want: { kind: 'removal', path: '/a/b' } },
    { path: '.wh.a/b', want: undefined },
    { path: 'a/.wh..wh..opq', want: { kind: 'opaque', folder: 'a' } },
    { path: '.wh..wh..opq', want: { kind: 'opaque', folder: '' } },
    { path: '.wh..wh.plnk', want: { kind: 'meaningless' } },
    { path: 'a/.wh.', want: { kind: 'meaningless' } },
  ]) {
    it(`reads ${path}`, () => assert.deepEqual(parseWhiteout(fromText(path)), want))
  }
})

describe('a whiteout that is written', () => {
  for (const path of ['b', 'a/b', 'a/b/c']) {
    it(`is read again as the removal of ${path}`, () => assert.deepEqual(parseWhiteout(formatRemoval(fromText(path))), { kind: 'removal', path }))
  }
  for (const folder of ['', 'a', 'a/b']) {
    it(`is read again as ${JSON.stringify(folder)} being opaque`, () => assert.deepEqual(parseWhiteout(formatOpaque(fromText(folder))), { kind: 'opaque', folder }))
  }
})
