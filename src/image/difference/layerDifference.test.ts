import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TarEntry, TarHeader } from '../../archive/tar.ts'
import { writeTar } from '../../archive/tarWriter.ts'
import { fromText } from '../../kit/byteString.ts'
import { compareLayers, type FileDifference } from './layerDifference.ts'

const signal = new AbortController().signal

function entry(path: string, text = '', change: Partial<TarHeader> = {}): TarEntry {
  const bytes = Buffer.from(text)
  const plain = { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeNs: 5n, linkTarget: fromText(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map<string, Uint8Array>() } as const
  return { header: { ...plain, sizeBytes: bytes.byteLength, path: fromText(path), ...change }, content: once(bytes) }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function differences(first: readonly TarEntry[], second: readonly TarEntry[]): Promise<readonly string[]> {
  const found: string[] = []
  for await (const difference of compareLayers(writeTar(first), writeTar(second), signal)) found.push(show(difference))
  return found
}

function show(difference: FileDifference): string {
  return difference.kind === 'changed' ? `${difference.path}: ${difference.aspects.join(' ')}` : `${difference.path}: ${difference.kind}`
}

describe('compareLayers', () => {
  const cases: readonly { readonly name: string; readonly first: readonly TarEntry[]; readonly second: readonly TarEntry[]; readonly want: readonly string[] }[] = [
    { name: 'nothing in equal layers', first: [entry('a', 'x'), entry('b')], second: [entry('a', 'x'), entry('b')], want: [] },
    { name: 'nothing in layers of another order', first: [entry('a'), entry('b'), entry('c')], second: [entry('c'), entry('a'), entry('b')], want: [] },
    { name: 'content of the same length', first: [entry('a', 'x')], second: [entry('a', 'y')], want: ['/a: content'] },
    { name: 'mode, owner and time', first: [entry('a')], second: [entry('a', '', { mode: 0o755, gid: 1, mtimeNs: 6n })], want: ['/a: mode owner mtime'] },
    { name: 'attributes', first: [entry('a', '', { xattrs: new Map([['user.a', Buffer.from('1')]]) })], second: [entry('a')], want: ['/a: xattrs'] },
    { name: 'the kind alone, where it is another', first: [entry('a', 'x')], second: [entry('a', '', { kind: 'folder', mode: 0o755 })], want: ['/a: kind'] },
    { name: 'where a link leads', first: [entry('a', '', { kind: 'symlink', linkTarget: fromText('x') })], second: [entry('a', '', { kind: 'symlink', linkTarget: fromText('y') })], want: ['/a: target'] },
    { name: 'which device it is', first: [entry('a', '', { kind: 'character-device', deviceMajor: 1, deviceMinor: 3 })], second: [entry('a', '', { kind: 'character-device', deviceMajor: 1, deviceMinor: 5 })], want: ['/a: device'] },
    { name: 'what only one has, at the end', first: [entry('a'), entry('b', 'x'), entry('d')], second: [entry('b', 'y'), entry('c'), entry('d')], want: ['/b: content', '/a: only-first', '/c: only-second'] },
    { name: 'paths as other makers write them', first: [entry('./etc/passwd')], second: [entry('/etc/passwd')], want: [] },
  ]
  for (const { name, first, second, want } of cases) it(`finds ${name}`, async () => assert.deepEqual(await differences(first, second), want))

  it('stops where it is told to', async () => {
    const reason = new Error('enough')
    await assert.rejects(compareLayers(writeTar([]), writeTar([]), AbortSignal.abort(reason)).next(), reason)
  })
})
