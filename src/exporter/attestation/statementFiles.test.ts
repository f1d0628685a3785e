import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TarEntry } from '../../archive/tar.ts'
import { asByteString, textOfBytes } from '../../kit/byteString.ts'
import { withStatements } from './statementFiles.ts'

function entry(path: string): TarEntry {
  const header = { kind: 'file', path: asByteString(path), mode: 0, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, linkTarget: asByteString(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() } as const
  return { header, content: NO_CONTENT }
}

const NO_CONTENT: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {
    // empty files
  },
}

async function* entries(paths: readonly string[]): AsyncGenerator<TarEntry> {
  for (const path of paths) yield entry(path)
}

async function merged(paths: readonly string[], statements: readonly string[], prefix: string): Promise<readonly string[]> {
  const all = withStatements(entries(paths), statements.map(entry), asByteString(prefix))
  const names: string[] = []
  for await (const { header } of all) names.push(textOfBytes(header.path))
  return names
}

describe('withStatements', () => {
  const cases = [
    { name: 'puts them between their siblings', paths: ['a', 'a/z', 'q'], statements: ['provenance.json', 'sbom.spdx.json'], prefix: '', want: ['a', 'a/z', 'provenance.json', 'q', 'sbom.spdx.json'] },
    { name: 'puts them behind all of a folder before', paths: ['p', 'p/x', 'p/y', 'z'], statements: ['p.json'], prefix: '', want: ['p', 'p/x', 'p/y', 'p.json', 'z'] },
    { name: 'keeps to the platform\'s folder', paths: ['linux_amd64', 'linux_amd64/a', 'linux_amd64/z', 'linux_amd64/z/b'], statements: ['linux_amd64/p'], prefix: 'linux_amd64', want: ['linux_amd64', 'linux_amd64/a', 'linux_amd64/p', 'linux_amd64/z', 'linux_amd64/z/b'] },
    { name: 'gives them where there is nothing else', paths: [], statements: ['p'], prefix: '', want: ['p'] },
  ]
  for (const { name, paths, statements, prefix, want } of cases) it(name, async () => assert.deepEqual(await merged(paths, statements, prefix), want))

  it('refuses to take the place of a file', async () => {
    await assert.rejects(merged(['a', 'p', 'z'], ['p'], ''), { name: 'InvalidValueError', message: /the result has "p" already/, hint: /attestation-prefix/ })
  })
})
