import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startFakeRegistry, type FakeRegistry } from '../../../test/support/registry/fakeRegistry.ts'
import { TEST_CLIENT } from '../../../test/support/registry/registryClient.ts'
import { digestOf } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatIndex, formatManifest } from '../../image/manifestJson.ts'
import { createLimit } from '../../kit/limit.ts'
import { DEFAULT_HOST_CONFIG } from '../hostConfig.ts'
import { referenceTo } from '../registry.suite.ts'
import type { Registry } from '../registry.ts'
import { createPlacedBlobs } from '../registryBlobs.ts'
import { createRegistry } from '../registryClient.ts'
import { copyImage, type ImageCopy } from './copyImage.ts'

const signal = new AbortController().signal
const NONE = { artifactType: undefined, subject: undefined, annotations: new Map<string, string>() }

interface Fixture extends AsyncDisposable {
  readonly server: FakeRegistry
  readonly registry: Registry
}

async function openFixture(): Promise<Fixture> {
  return openClient(await startFakeRegistry(), new Map())
}

function openClient(server: FakeRegistry, mirrors: ReadonlyMap<string, readonly string[]>): Fixture {
  const registry = createRegistry({ ...TEST_CLIENT, hosts: { ...DEFAULT_HOST_CONFIG, mirrors }, retries: { ...TEST_CLIENT.retries, attempts: 2 } })
  return {
    server,
    registry,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** An image of one layer in `from`, also under a tag. */
function putImage(server: FakeRegistry, tag: string, subject?: Descriptor): Descriptor {
  const [config, layer] = [Buffer.from('{}'), Buffer.from(tag)]
  for (const bytes of [config, layer]) server.putBlob('from', bytes)
  const bytes = formatManifest({
    ...NONE,
    mediaType: MEDIA_TYPE.ociManifest,
    config: describeBlob(MEDIA_TYPE.ociConfig, digestOf(config), config.byteLength),
    layers: [describeBlob(MEDIA_TYPE.ociLayer, digestOf(layer), layer.byteLength)],
    subject,
  })
  server.putManifest('from', tag, { mediaType: MEDIA_TYPE.ociManifest, bytes })
  return describeBlob(MEDIA_TYPE.ociManifest, digestOf(bytes), bytes.byteLength)
}

function copyOf({ server, registry }: Fixture, root: Descriptor, more: Partial<ImageCopy> = {}): ImageCopy {
  const from = createPlacedBlobs(registry, [{ repository: referenceTo(server, 'from'), descriptor: root }])
  return { root, document: undefined, from, reference: referenceTo(server, 'to:1'), otherTags: [], replaces: undefined, limit: createLimit(2), onProgress: () => undefined, ...more }
}

const writesOf = ({ requests }: FakeRegistry): readonly string[] => requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').map(({ method, path }) => `${method} ${path}`)

describe('a copied image', () => {
  it('is mounted where the host is the same, and its tag comes last', async () => {
    await using fixture = await openFixture()
    const root = putImage(fixture.server, 'a')
    const { root: pushed } = await copyImage(fixture.registry, copyOf(fixture, root), signal)
    assert.equal(pushed.digest, root.digest)
    const writes = writesOf(fixture.server)
    assert.equal(writes.filter((write) => write.includes('mount=')).length, 2)
    assert.equal(writes.at(-1), 'PUT /v2/to/manifests/1')
  })

  it('is sent though a mirror of the target has it', async () => {
    await using mirror = await startFakeRegistry()
    const server = await startFakeRegistry()
    await using fixture = openClient(server, new Map([[server.host, [`http://${mirror.host}`]]]))
    const root = putImage(server, 'a')
    mirror.putManifest('to', root.digest, { mediaType: MEDIA_TYPE.ociManifest, bytes: server.manifest('from', 'a')?.bytes ?? Buffer.alloc(0) })
    await copyImage(fixture.registry, copyOf(fixture, root), signal)
    assert.equal(writesOf(server).filter((write) => write.includes('mount=')).length, 2)
  })

  it('moves a tag that names still what it is thought to', async () => {
    await using fixture = await openFixture()
    const [old, root] = [putImage(fixture.server, 'old'), putImage(fixture.server, 'new')]
    await copyImage(fixture.registry, copyOf(fixture, root, { reference: referenceTo(fixture.server, 'from:old'), replaces: old.digest }), signal)
    assert.equal((await fixture.registry.resolve(referenceTo(fixture.server, 'from:old'), signal)).digest, root.digest)
  })

  for (const { name, tag } of [{ name: 'names another image meanwhile', tag: 'from:other' }, { name: 'is gone meanwhile', tag: 'from:gone' }]) {
    it(`leaves a tag alone that ${name}`, async () => {
      await using fixture = await openFixture()
      const [old, root] = [putImage(fixture.server, 'old'), putImage(fixture.server, 'new')]
      const other = putImage(fixture.server, 'other')
      await assert.rejects(copyImage(fixture.registry, copyOf(fixture, root, { reference: referenceTo(fixture.server, tag), replaces: old.digest }), signal), { name: 'TagMovedError', kind: 'conflict' })
      assert.equal((await fixture.registry.resolve(referenceTo(fixture.server, 'from:other'), signal)).digest, other.digest)
      assert.deepEqual(writesOf(fixture.server), [])
    })
  }

  it('tells the registry what the tag must name, where it knows conditions', async () => {
    await using fixture = await openFixture()
    const [old, root] = [putImage(fixture.server, 'old'), putImage(fixture.server, 'new')]
    fixture.server.faults.manifests.etag = '"old-1"'
    const copy = copyOf(fixture, root, { reference: referenceTo(fixture.server, 'from:old'), replaces: old.digest })
    fixture.server.faults.manifests.failsCondition = true
    await assert.rejects(copyImage(fixture.registry, copy, signal), { name: 'TagMovedError' })
    assert.equal(fixture.server.requests.at(-1)?.ifMatch, '"old-1"')
  })

  it('brings what refers to it, but not what a list only says of it', async () => {
    await using fixture = await openFixture()
    const root = putImage(fixture.server, 'a')
    const signature = putImage(fixture.server, 'signature', root)
    const stranger = putImage(fixture.server, 'stranger')
    const list = formatIndex({ ...NONE, mediaType: MEDIA_TYPE.ociIndex, manifests: [signature, stranger] })
    fixture.server.putManifest('from', root.digest.replace(':', '-'), { mediaType: MEDIA_TYPE.ociIndex, bytes: list })
    await copyImage(fixture.registry, copyOf(fixture, root), signal)
    const { repository, host } = referenceTo(fixture.server, 'to')
    assert.deepEqual((await fixture.registry.listReferrers({ host, repository }, root.digest, signal)).map(({ digest }) => digest), [signature.digest])
    assert.equal(fixture.server.manifest('to', stranger.digest), undefined)
  })

  it('comes without what is gone, and without what its registry does not take, and says so', async () => {
    await using fixture = await openFixture()
    const root = putImage(fixture.server, 'a')
    const gone = describeBlob(MEDIA_TYPE.ociManifest, digestOf('gone'), 4)
    fixture.server.putManifest('from', root.digest.replace(':', '-'), { mediaType: MEDIA_TYPE.ociIndex, bytes: formatIndex({ ...NONE, mediaType: MEDIA_TYPE.ociIndex, manifests: [gone] }) })
    const { warnings } = await copyImage(fixture.registry, copyOf(fixture, root), signal)
    assert.deepEqual(warnings.map((warning) => warning.includes(`left out ${gone.digest}, which refers to ${root.digest}`)), [true])
    assert.equal((await fixture.registry.resolve(referenceTo(fixture.server, 'to:1'), signal)).digest, root.digest)
  })

  it('is refused where it leads to more manifests than any image has', async () => {
    await using fixture = await openFixture()
    const manifests = Array.from({ length: 5_001 }, (_, index) => describeBlob(MEDIA_TYPE.ociIndex, digestOf(`${index}`), 1))
    const bytes = formatIndex({ ...NONE, mediaType: MEDIA_TYPE.ociIndex, manifests })
    const root = describeBlob(MEDIA_TYPE.ociIndex, fixture.server.putManifest('from', 'wide', { mediaType: MEDIA_TYPE.ociIndex, bytes }), bytes.byteLength)
    await assert.rejects(copyImage(fixture.registry, copyOf(fixture, root), signal), { name: 'UnsupportedImageError' })
    assert.equal(fixture.server.requests.length, 2) // how the host is spoken to, and the index
  })
})
