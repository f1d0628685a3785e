import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { putBytes } from '../../content/contentStore.ts'
import { openFileStore } from '../../content/fileStore.ts'
import { digestOf } from '../../ground/digest.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { writeLayoutTag } from '../../image/layoutNames.ts'
import { parseCacheExports, parseCacheImports } from './cacheFlags.ts'
import { findFolderCaches, type FolderCaches } from './folderCaches.ts'

const never = new AbortController().signal

describe('the caches of a build that are in folders', () => {
  let work: string
  let digest: string
  before(async () => {
    work = mkdtempSync(join(tmpdir(), 'pelago-caches-'))
    const store = await openFileStore({ folder: join(work, 'cache'), now: Date.now }, never)
    const blob = await putBytes(Buffer.from('{}'), store, never)
    await writeLayoutTag(join(work, 'cache'), 'v1', describeBlob(MEDIA_TYPE.ociManifest, blob, 2), never)
    digest = blob
  })
  after(() => rmSync(work, { recursive: true }))
  const find = (imports: readonly string[], exports: readonly string[]): Promise<FolderCaches> => findFolderCaches({ cacheImports: parseCacheImports(imports), cacheExports: parseCacheExports(exports, new Map()) }, work, never)

  it('are asked for as they are written, by the digest that they have there, and written to where they are exported to alone', async () => {
    const { cacheImports, stores, writableStores, notices } = await find(['app:cache', 'type=local,src=./cache,tag=v1'], ['type=local,dest=new,mode=max'])
    assert.deepEqual(cacheImports.map(({ type, attributes }) => [type, attributes.get('src'), attributes.get('digest')]), [['registry', undefined, undefined], ['local', './cache', digest]])
    assert.deepEqual([...stores], [['local:./cache', join(work, 'cache')], ['local:new', join(work, 'new')]])
    assert.deepEqual([[...writableStores], notices], [['local:new'], []])
  })

  it('are found with what several machines have exported under their name', async () => {
    const store = await openFileStore({ folder: join(work, 'shared'), now: Date.now }, never)
    for (const tag of ['latest-linux-arm64', 'latest-linux-amd64', 'other-linux-amd64']) await writeLayoutTag(join(work, 'shared'), tag, describeBlob(MEDIA_TYPE.ociManifest, await putBytes(Buffer.from(tag), store, never), tag.length), never)
    const { cacheImports } = await find(['type=local,src=shared'], [])
    assert.deepEqual(cacheImports.map(({ attributes }) => attributes.get('digest')), ['latest-linux-arm64', 'latest-linux-amd64'].map(digestOf))
  })

  for (const { text, why } of [{ text: 'src=absent', why: 'there is no such folder yet' }, { text: 'src=cache', why: 'nothing in its index.json is called "latest"' }]) {
    it(`are left out with ${text}`, async () => {
      const { cacheImports, stores, notices } = await find([`type=local,${text}`], [])
      assert.deepEqual([cacheImports, stores.size, notices], [[], 0, [`note: the cache in ${text.slice('src='.length)} is left out: ${why}`]])
    })
  }

  it('have a name of letters that a header takes', async () => {
    const { cacheExports, stores } = await find([], ['type=local,dest=ä b'])
    assert.deepEqual([cacheExports[0]?.attributes.get('dest'), [...stores]], ['%C3%A4%20b', [['local:%C3%A4%20b', join(work, 'ä b')]]])
  })

  const wrong: readonly { readonly imports?: string; readonly exports?: string; readonly says: RegExp }[] = [
    { exports: 'mode=max', says: /--cache-to type=local: it has no dest/ },
    { exports: 'dest=/dev/null', says: /\/dev\/null is not a folder/ },
    { exports: 'dest=x,tag=', says: /the tag is empty/ },
    { imports: 'src=', says: /--cache-from type=local: it has no src/ },
    { imports: 'src=cache,digest=sha256:../../etc', says: /--cache-from type=local: invalid digest/ },
  ]
  for (const { imports, exports, says } of wrong) {
    it(`refuse ${imports ?? exports ?? ''}`, () => assert.rejects(find(imports === undefined ? [] : [`type=local,${imports}`], exports === undefined ? [] : [`type=local,${exports}`]), { name: 'UsageError', message: says }))
  }
})
