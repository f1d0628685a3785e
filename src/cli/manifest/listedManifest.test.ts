import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import { parseEntry, type JsonFields } from '../../image/index/indexDocument.ts'
import { annotateManifest, assertPlatform, formatListed, parseListed, type ListedManifest, type PlatformChange } from './listedManifest.ts'
import { createManifestLists } from './manifestLists.ts'

const NO_CHANGE: PlatformChange = { os: undefined, architecture: undefined, variant: undefined, osVersion: undefined, osFeatures: [] }

function listed(name: string, platform?: JsonFields): ListedManifest {
  const bytes = Buffer.from(JSON.stringify({ name, text: 'ü "\n' }))
  const fields = { mediaType: MEDIA_TYPE.ociManifest, digest: digestOf(bytes), size: bytes.byteLength, ...(platform === undefined ? {} : { platform }) }
  return { reference: parseReference(name), bytes, entry: parseEntry(fields) }
}

describe('an annotated manifest', () => {
  const arm = listed('app:arm', { architecture: 'arm64', os: 'linux', 'os.features': ['a'] })
  const cases: readonly { readonly name: string; readonly change: Partial<PlatformChange>; readonly want: JsonFields }[] = [
    { name: 'has what it is told', change: { architecture: 'arm', variant: 'v7', os: 'freebsd', osVersion: '14' }, want: { architecture: 'arm', os: 'freebsd', 'os.version': '14', 'os.features': ['a'], variant: 'v7' } },
    { name: 'keeps what it is not told', change: { variant: 'v8' }, want: { architecture: 'arm64', os: 'linux', 'os.features': ['a'], variant: 'v8' } },
    { name: 'has each feature once', change: { osFeatures: ['b', 'a', 'b'] }, want: { architecture: 'arm64', os: 'linux', 'os.features': ['a', 'b'] } },
  ]
  for (const { name, change, want } of cases) it(name, () => assert.deepEqual(annotateManifest(arm, { ...NO_CHANGE, ...change }).entry.fields['platform'], want))

  it('may get its platform in this way alone', () => {
    const nameless = listed('app:nameless')
    assert.throws(() => assertPlatform(nameless), { name: 'PlatformUnnamedError' })
    assert.throws(() => annotateManifest(nameless, { ...NO_CHANGE, architecture: 'arm64' }), /unknown operating system: ""/)
    assertPlatform(annotateManifest(nameless, { ...NO_CHANGE, os: 'linux', architecture: 'arm64' }))
  })

  it('is read from its file as it was written', () => assert.deepEqual(parseListed(formatListed(arm), 'file'), { ...arm, bytes: Buffer.from(arm.bytes) }))

  it('is refused where its file was changed', () => {
    assert.throws(() => parseListed(formatListed(arm).replace('app:arm\\"', 'app:other\\"'), 'file'), { name: 'ImageInvalidError' })
  })
})

describe('local manifest lists', () => {
  it('keep the images of each list apart, in the order of their names', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'pelago-lists-'))
    t.after(() => rm(folder, { recursive: true }))
    const lists = createManifestLists(folder)
    const [one, other] = [parseReference('team/app:1'), parseReference('team_app:1')]
    for (const name of ['app:b', 'app:a', `${'long/'.repeat(40)}name`]) await lists.put(one, listed(name))
    await lists.put(other, listed('app:c'))
    await lists.put(one, { ...listed('app:a'), bytes: listed('app:a').bytes })
    assert.deepEqual((await lists.require(one)).map(({ reference }) => formatReference(reference)), ['docker.io/library/app:a', 'docker.io/library/app:b', `docker.io/${'long/'.repeat(40)}name:latest`])
    assert.equal((await lists.find(other, parseReference('app:a'))), undefined)
    await lists.remove(one)
    assert.equal(await lists.read(one), undefined)
    await assert.rejects(lists.require(one), { name: 'ListNotFoundError' })
    assert.equal((await readdir(folder)).length, 1)
  })

  it('tell which file is damaged', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'pelago-lists-'))
    t.after(() => rm(folder, { recursive: true }))
    const [lists, list] = [createManifestLists(folder), parseReference('app:1')]
    await lists.put(list, listed('app:a'))
    const [name = ''] = await readdir(folder)
    const [file = ''] = await readdir(join(folder, name))
    const path = join(folder, name, file)
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 20))
    await assert.rejects(lists.read(list), new RegExp(`${file.replaceAll('.', '\\.')} is not JSON`))
  })
})
