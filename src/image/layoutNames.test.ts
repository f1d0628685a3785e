import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { readLayoutTag, writeLayoutTag } from './layoutNames.ts'

const never = new AbortController().signal
const image = (text: string): Descriptor => describeBlob(MEDIA_TYPE.ociManifest, digestOf(text), text.length)

describe('the names in an OCI layout', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pelago-layout-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const read = async (tag: string): Promise<string | undefined> => (await readLayoutTag(folder, tag))?.digest

  it('are none where there is no layout', async () => {
    assert.equal(await read('latest'), undefined)
    assert.equal(await readLayoutTag(join(folder, 'absent'), 'latest'), undefined)
  })

  it('stand for what they were given last', async () => {
    for (const [tag, text] of [['a', 'one'], ['b', 'two'], ['a', 'three']] as const) await writeLayoutTag(folder, tag, image(text), never)
    assert.deepEqual([await read('a'), await read('b'), await read('c')], [digestOf('three'), digestOf('two'), undefined])
    assert.deepEqual(readdirSync(folder), ['index.json'], 'the lock is gone')
  })

  it('are all there that were given at once', async () => {
    const tags = Array.from({ length: 12 }, (_, index) => `tag${index}`)
    await Promise.all(tags.map((tag) => writeLayoutTag(folder, tag, image(tag), never)))
    assert.deepEqual(await Promise.all(tags.map(read)), tags.map((tag) => digestOf(tag)))
  })

  it('leave the rest of the index as it was: an image of that tag and a name of its own, fields of others', async () => {
    const named = { mediaType: MEDIA_TYPE.ociManifest, digest: digestOf('named'), size: 1, annotations: { 'io.containerd.image.name': 'host/app:v1', 'org.opencontainers.image.ref.name': 'v1' }, data: 'eA==' }
    writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named], of: { others: true } }))
    await writeLayoutTag(folder, 'v1', image('cache'), never)
    const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { readonly manifests: readonly unknown[]; readonly of: unknown }
    assert.deepEqual([index.manifests[0], index.of, index.manifests.length], [named, { others: true }, 2])
    assert.equal(await read('host/app:v1'), digestOf('named'))
  })

  for (const text of ['{', '[]', '{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:..","size":1}]}']) {
    it(`refuse an index that is ${text}, and do not replace it`, async () => {
      writeFileSync(join(folder, 'index.json'), text)
      await assert.rejects(read('latest'), { name: 'ImageInvalidError' })
      await assert.rejects(writeLayoutTag(folder, 'latest', image('x'), never), { name: 'ImageInvalidError' })
      assert.equal(readFileSync(join(folder, 'index.json'), 'utf8'), text)
    })
  }
})
