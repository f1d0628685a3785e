import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FileStat } from '../../api/fileSync.ts'
import type { ResultFiles } from '../build/resultFiles.ts'
import { isSbom, readClientAttestations, type ClientAttestation } from './clientAttestations.ts'

const never = new AbortController().signal
const SPDX = 'https://spdx.dev/Document'

describe('what a client says of its result', () => {
  it('is read of files, each once, and what is open is closed', async () => {
    const { claim, log } = fixture({ '/d/claim.json': '{ "a": 1 }' })
    const [read, ...more] = await readClientAttestations([{ ...claim, path: '/d/claim.json', predicateType: 'https://example.com/claim', isInlineOnly: true, subjects: [{ kind: 'exported', alias: 'x' }] }], never)
    assert.ok(read !== undefined && more.length === 0)
    assert.deepEqual({ ...read, predicate: undefined }, { predicate: undefined, predicateType: 'https://example.com/claim', filename: 'claim.json', isInlineOnly: true, subjects: [{ kind: 'exported', alias: 'x' }] })
    assert.equal(Buffer.from(await read.predicate([], never)).toString(), '{"a":1}')
    assert.deepEqual(log, ['open', 'close'])
  })

  it('may be a folder of statements, with subjects of their own, the main SBOM first', async () => {
    const statement = (predicateType: string): string => JSON.stringify({ predicateType, subject: [{ name: 'n', digest: { sha256: 'ab' } }], predicate: { of: predicateType } })
    const { claim } = fixture({ '/b/0.json': statement(SPDX), 'b/sbom.spdx.json': statement(SPDX) })
    const read = await readClientAttestations([{ ...claim, kind: 'bundle', path: 'b', coreName: 'b/sbom' }], never)
    assert.deepEqual(read.map(({ filename, subjects }) => [filename, subjects]), ['sbom.spdx.json', '0.json'].map((name) => [name, [{ kind: 'other', subject: { name: 'n', digest: { sha256: 'ab' } } }]]))
  })

  const large = ' '.repeat(9 << 20)
  it('may be larger than one read gives', async () => {
    const { claim } = fixture({ '/a.json': `{"a":"${large}"}` })
    const [read] = await readClientAttestations([{ ...claim, path: '/a.json', predicateType: 'x:y' }], never)
    assert.equal((await read?.predicate([], never))?.byteLength, large.length + '{"a":""}'.length)
  })

  it('is refused where it is too much together', async () => {
    const { claim } = fixture({ '/a.json': '{}' })
    const open = async (): Promise<ResultFiles> => {
      const files = await claim.open(never)
      return { ...files, stat: (path) => ({ ...files.stat(path), sizeBytes: 79 << 20 }) }
    }
    const claims = Array.from({ length: 4 }, () => ({ ...claim, open, path: '/a.json', predicateType: 'x:y' }))
    await assert.rejects(readClientAttestations(claims, never), { name: 'InvalidValueError', message: /more than 268435456 bytes together/ })
  })

  const refusals: readonly { readonly name: string; readonly files: Readonly<Record<string, string>>; readonly claim: Partial<ClientAttestation>; readonly message: RegExp }[] = [
    { name: 'provenance', files: { '/a': '{}' }, claim: { path: '/a', predicateType: 'https://slsa.dev/provenance/v1' }, message: /may not say where its result is from/ },
    { name: 'provenance in a bundle', files: { '/b/a': '{"predicateType":"https://slsa.dev/provenance/v0.2"}' }, claim: { kind: 'bundle', path: '/b' }, message: /may not say where its result is from/ },
    { name: 'what has no type', files: { '/a': '{}' }, claim: { path: '/a' }, message: /has no predicate type/ },
    { name: 'what is no JSON', files: { '/a': '{' }, claim: { path: '/a', predicateType: 'x:y' }, message: /predicate "\/a" is not JSON/ },
    { name: 'a bundle of other types', files: { '/b/a': '{"predicateType":"x:z"}' }, claim: { kind: 'bundle', path: '/b', predicateType: 'x:y' }, message: /is of x:z, and its bundle of x:y/ },
  ]
  for (const { name, files, claim, message } of refusals) {
    it(`is not ${name}`, async () => {
      const prepared = fixture(files)
      await assert.rejects(readClientAttestations([{ ...prepared.claim, ...claim }], never), message)
      assert.deepEqual(prepared.log, ['open', 'close'])
    })
  }

  it('is an SBOM by its type', () => {
    const { claim } = fixture({})
    assert.deepEqual([{}, { predicateType: SPDX }, { kind: 'bundle' as const, predicateType: SPDX }].map((change) => isSbom({ ...claim, ...change })), [false, true, true])
  })
})

/** A claim about files that a test has. */
function fixture(texts: Readonly<Record<string, string>>): { readonly claim: ClientAttestation; readonly log: readonly string[] } {
  const log: string[] = []
  const files = new Map(Object.entries(texts).map(([path, text]) => [path.replace(/^\//, ''), Buffer.from(text)]))
  const contentOf = (path: string): Buffer => files.get(path.replace(/^\//, '')) ?? assert.fail(`no ${path}`)
  const open = async (): Promise<ResultFiles> => {
    log.push('open')
    return {
      readFile: (path, part) => contentOf(path).subarray(part?.offset ?? 0, part === undefined ? undefined : part.offset + part.length),
      readFolder: (path) => [...files.keys()].filter((name) => name.startsWith(`${path.replace(/^\//, '')}/`)).map((name) => ({ path: name.split('/').at(-1) ?? '' }) as Partial<FileStat> as FileStat),
      stat: (path) => ({ sizeBytes: contentOf(path).byteLength }) as Partial<FileStat> as FileStat,
      async [Symbol.asyncDispose]() {
        log.push('close')
      },
    }
  }
  return { log, claim: { kind: 'statement', predicateType: '', subjects: [], path: '', isInlineOnly: false, coreName: '', open } }
}
