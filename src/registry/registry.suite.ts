import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import { digestOf } from '../ground/digest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { parseReference, type Reference } from '../ground/reference.ts'
import { formatManifest } from '../image/manifestJson.ts'
import { createGrowingList } from '../kit/streams/growingList.ts'
import type { NamedBlob, Registry, Repository } from './registry.ts'

/** An empty registry and a client for it. */
export interface RegistryFixture extends AsyncDisposable {
  readonly host: string
  readonly registry: Registry
}

const signal = new AbortController().signal

/** What every Registry must do, whatever server is at the other end. */
export function registrySuite(name: string, openFixture: () => Promise<RegistryFixture>, { takesStreams = true, ...options }: { readonly skip?: string | false; readonly takesStreams?: boolean | undefined } = {}): void {
  describe(`${name} is a registry`, options, () => {
    for (const { offset, want } of [{ offset: 0, want: 'abcde' }, { offset: 2, want: 'cde' }, { offset: 5, want: '' }]) {
      it(`gives back a pushed blob from byte ${offset}`, async () => {
        await using fixture = await openFixture()
        const descriptor = await push(fixture, 'app', 'abcde')
        assert.equal(await readText(fixture, 'app', descriptor, offset), want)
      })
    }

    it('gives back a blob of which nobody has told the size', async () => {
      await using fixture = await openFixture()
      const { digest } = await push(fixture, 'app', 'abcde')
      assert.equal(await readText(fixture, 'app', { digest, sizeBytes: undefined }), 'abcde')
    })

    it('uploads a blob once, and then finds it present', async () => {
      await using fixture = await openFixture()
      const { host, registry } = fixture
      const sent: number[] = []
      const blob = { ...blobOf('once'), onProgress: (sentBytes: number) => void sent.push(sentBytes) }
      const repository = { host, repository: 'app' }
      assert.equal(await registry.hasBlob(repository, digestOf('once'), signal), false)
      assert.equal(await registry.pushBlob(repository, blob, signal), 'uploaded')
      assert.equal(await registry.hasBlob(repository, digestOf('once'), signal), true)
      assert.equal(await registry.pushBlob(repository, blob, signal), 'present')
      assert.equal(sent.at(-1), 4) // there may be more than one try
    })

    it('takes a blob that is sent while it is made, once it is committed', { skip: takesStreams ? false : 'it takes none' }, async () => {
      await using fixture = await openFixture()
      const { host, registry } = fixture
      const repository = { host, repository: 'app' }
      const made = createGrowingList<Uint8Array>()
      await using begun = registry.beginBlob(repository, (stop) => made.read(stop), signal)
      made.push(Buffer.from('begun, '))
      made.push(Buffer.from('and done'))
      assert.equal(await registry.hasBlob(repository, digestOf('begun, and done'), signal), false)
      made.end()
      const sent: number[] = []
      assert.equal(await begun.commit({ descriptor: blobOf('begun, and done').descriptor, onProgress: (bytes) => void sent.push(bytes) }), 'uploaded')
      assert.equal(sent.at(-1), 15)
      assert.equal(await readText(fixture, 'app', blobOf('begun, and done').descriptor), 'begun, and done')
    })

    it('has nothing of a blob that was begun and given up, or is not what was begun', async () => {
      await using fixture = await openFixture()
      const { host, registry } = fixture
      const repository = { host, repository: 'app' }
      const made = createGrowingList<Uint8Array>()
      made.push(Buffer.from('half'))
      const given = registry.beginBlob(repository, (stop) => made.read(stop), signal)
      await given[Symbol.asyncDispose]()
      made.end()
      await using other = registry.beginBlob(repository, (stop) => made.read(stop), signal)
      await assert.rejects(other.commit({ descriptor: blobOf('whole').descriptor, onProgress: () => undefined }))
      for (const text of ['half', 'whole']) assert.equal(await registry.hasBlob(repository, digestOf(text), signal), false)
    })

    it('mounts a blob from another repository instead of an upload', async () => {
      await using fixture = await openFixture()
      const descriptor = await push(fixture, 'team/from', 'shared')
      const { host, registry } = fixture
      const mountFrom: Repository = { host, repository: 'team/from' }
      assert.equal(await registry.pushBlob({ host, repository: 'team/to' }, { ...blobOf('shared'), mountFrom, open: () => assert.fail('uploaded') }, signal), 'mounted')
      assert.equal(await readText(fixture, 'team/to', descriptor), 'shared')
    })

    it('uploads a blob that is not where it should be mounted from', async () => {
      await using fixture = await openFixture()
      const { host, registry } = fixture
      const blob = { ...blobOf('absent'), mountFrom: { host, repository: 'team/from' } }
      assert.equal(await registry.pushBlob({ host, repository: 'team/to' }, blob, signal), 'uploaded')
    })

    it('resolves a tag and a digest to the manifest that was pushed', async () => {
      await using fixture = await openFixture()
      const tagged = referenceTo(fixture, 'app:1.0')
      const { descriptor, bytes } = await pushImage(fixture, tagged, 'config')
      for (const reference of [tagged, { ...tagged, tag: undefined, digest: descriptor.digest }]) {
        assert.deepEqual(await fixture.registry.resolve(reference, signal), descriptor)
        assert.deepEqual(Buffer.from(await fixture.registry.fetchManifest(reference, descriptor, signal)), Buffer.from(bytes))
      }
    })

    it('lets a tag be moved, and keeps what it named before', async () => {
      await using fixture = await openFixture()
      const reference = referenceTo(fixture, 'app:latest')
      const first = await pushImage(fixture, reference, 'first')
      const second = await pushImage(fixture, reference, 'second')
      assert.equal((await fixture.registry.resolve(reference, signal)).digest, second.descriptor.digest)
      assert.deepEqual(await fixture.registry.resolve({ ...reference, tag: undefined, digest: first.descriptor.digest }, signal), first.descriptor)
    })

    it('takes a manifest by its digest alone', async () => {
      await using fixture = await openFixture()
      const reference = { ...referenceTo(fixture, 'app'), tag: undefined }
      const { descriptor } = await pushImage(fixture, reference, 'config')
      assert.equal((await fixture.registry.resolve({ ...reference, digest: descriptor.digest }, signal)).digest, descriptor.digest)
    })

    it('fetches a config as it fetches a manifest', async () => {
      await using fixture = await openFixture()
      const reference = referenceTo(fixture, 'app')
      const { config } = await pushImage(fixture, reference, '{"os":"linux"}')
      assert.equal(Buffer.from(await fixture.registry.fetchManifest(reference, config, signal)).toString(), '{"os":"linux"}')
    })

    for (const text of ['app:missing', `app@${digestOf('missing')}`]) {
      it(`says that there is no ${text.slice(0, 11)}`, async () => {
        await using fixture = await openFixture()
        await pushImage(fixture, referenceTo(fixture, 'app:there'), 'config')
        await assert.rejects(fixture.registry.resolve(referenceTo(fixture, text), signal), { name: 'ImageNotFoundError', kind: 'not-found' })
      })
    }

    it('says that a blob is missing', async () => {
      await using fixture = await openFixture()
      const descriptor = describeBlob(MEDIA_TYPE.ociLayerGzip, digestOf('missing'), 7)
      await assert.rejects(readText(fixture, 'app', descriptor), { name: 'BlobMissingError', kind: 'not-found' })
    })

    it('throws the reason of an abort', async () => {
      await using fixture = await openFixture()
      const aborted = AbortSignal.abort(new Error('stopped'))
      await assert.rejects(fixture.registry.resolve(referenceTo(fixture, 'app'), aborted), { message: 'stopped' })
    })
  })
}

export function blobOf(text: string): Parameters<Registry['pushBlob']>[1] {
  return {
    descriptor: describeBlob(MEDIA_TYPE.ociLayerGzip, digestOf(text), Buffer.byteLength(text)),
    mountFrom: undefined,
    open: () => toStream(text),
    onProgress: () => undefined,
  }
}

export async function push({ host, registry }: RegistryFixture, repository: string, text: string): Promise<Descriptor> {
  const blob = blobOf(text)
  assert.equal(await registry.pushBlob({ host, repository }, blob, signal), 'uploaded')
  return blob.descriptor
}

export async function readText({ host, registry }: RegistryFixture, repository: string, blob: NamedBlob, offset = 0): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of registry.readBlob({ host, repository }, blob, offset, signal)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

export function referenceTo({ host }: { readonly host: string }, path: string): Reference {
  return parseReference(`${host}/${path}`)
}

/** A manifest of a config and no layers. */
async function pushImage(fixture: RegistryFixture, reference: Reference, configText: string): Promise<{ descriptor: Descriptor; bytes: Uint8Array; config: Descriptor }> {
  const config = { ...(await push(fixture, reference.repository, configText)), mediaType: MEDIA_TYPE.ociConfig }
  const bytes = formatManifest({ mediaType: MEDIA_TYPE.ociManifest, artifactType: undefined, config, layers: [], subject: undefined, annotations: new Map() })
  await fixture.registry.pushManifest(reference, MEDIA_TYPE.ociManifest, bytes, signal)
  return { descriptor: describeBlob(MEDIA_TYPE.ociManifest, digestOf(bytes), bytes.byteLength), bytes, config }
}

async function* toStream(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
