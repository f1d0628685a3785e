import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import type { TarEntry } from '../../archive/tar.ts'
import { writeTar } from '../../archive/tarWriter.ts'
import { fromText } from '../../kit/byteString.ts'
import { createTempFolder } from '../../kit/files/tempFolder.ts'
import { locateDifferences } from './contentDifference.ts'

const signal = new AbortController().signal
const LARGE = Buffer.alloc(300_000, 'abc')

async function* layer(content: Uint8Array): AsyncGenerator<Uint8Array> {
  const plain = { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, linkTarget: fromText(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() } as const
  const entries: readonly TarEntry[] = ['other', 'file'].map((path) => ({ header: { ...plain, path: fromText(path), sizeBytes: content.byteLength }, content: (async function* () { yield content })() }))
  yield* writeTar(entries)
}

describe('locateDifferences', () => {
  const cases = [
    { name: 'the first byte', first: Buffer.from('a'), second: Buffer.from('b'), want: { offset: 0, first: '61', second: '62', head: '61' } },
    { name: 'a byte in the middle', first: Buffer.from('same-1-x'), second: Buffer.from('same-2-x'), want: { offset: 5, first: '312d78', second: '322d78', head: '73616d652d312d78' } },
    { name: 'an end', first: Buffer.from('ab'), second: Buffer.from('abc'), want: { offset: 2, first: '', second: '63', head: '6162' } },
    { name: 'an early end of the second', first: Buffer.from('abc'), second: Buffer.from('a'), want: { offset: 1, first: '6263', second: '', head: '616263' } },
    { name: 'the last byte of a large file', first: LARGE, second: Buffer.concat([LARGE.subarray(0, -1), Buffer.from('X')]), want: { offset: 299_999, first: '63', second: '58', head: LARGE.subarray(0, 16).toString('hex') } },
  ]
  for (const { name, first, second, want } of cases) {
    it(`finds ${name}`, async () => {
      await using scratch = createTempFolder(tmpdir())
      const found = await locateDifferences(new Set(['/file']), { layers: [() => layer(first), () => layer(second)], scratch: scratch.path }, signal)
      assert.deepEqual([...found], [['/file', want]])
    })
  }
})
