import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startFakeRegistry, type FakeRegistry } from '../../test/support/registry/fakeRegistry.ts'
import { TEST_CLIENT } from '../../test/support/registry/registryClient.ts'
import { putBytes, type ContentStore } from '../content/contentStore.ts'
import { createMemoryStore } from '../content/memoryStore.ts'
import { digestOf } from '../ground/digest.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { parsePlatform } from '../ground/platform.ts'
import { formatIndex, formatManifest, parseIndex, parseManifest } from '../image/manifestJson.ts'
import { createLimit } from '../kit/limit.ts'
import { pushImage, type PushOptions } from './push.ts'
import type { PushedImage } from './pushedImage.ts'
import { referenceTo } from './registry.suite.ts'
import { createRegistry } from './registryClient.ts'

const signal = new AbortController().signal
const OPTIONS: PushOptions = { limit: createLimit(2), otherTags: [], mountFrom: () => undefined, openMissing: () => undefined, onProgress: () => undefined }
const { ociIndex, ociManifest, dockerIndex, dockerManifest } = MEDIA_TYPE
const REFUSALS = [
  { status: 400, body: '{"errors":[{"code":"MANIFEST_INVALID","message":"manifest invalid"}]}' },
  { status: 415, body: '' },
  { status: 405, body: '{"errors":[{"code":"UNSUPPORTED","message":"Invalid JSON syntax"}]}' },
]

interface Fixture extends AsyncDisposable {
  readonly server: FakeRegistry
  readonly store: ContentStore
  push(root: Descriptor, path?: string): Promise<PushedImage>
}

async function openFixture(): Promise<Fixture> {
  const server = await startFakeRegistry()
  const store = createMemoryStore()
  const registry = createRegistry({ ...TEST_CLIENT, retries: { ...TEST_CLIENT.retries, attempts: 2 } })
  return {
    server,
    store,
    push: (root, path = 'app:1.0') => pushImage({ registry, store }, root, { ...OPTIONS, reference: referenceTo(server, path) }, signal),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('a registry without OCI types', () => {
  for (const refusal of REFUSALS) {
    it(`that answers ${refusal.status} ${refusal.body.slice(0, 40)} gets Docker's, and the digest that is told is theirs`, async () => {
      await using fixture = await openFixture()
      Object.assign(fixture.server.faults.manifests, { refusedTypes: new Set([ociIndex]), refusal })
      const root = await makeIndex(fixture.store, { layerType: MEDIA_TYPE.ociLayerGzip })
      const pushed = await fixture.push(root)
      const kept = fixture.server.manifest('app', '1.0')
      assert.equal(kept?.mediaType, dockerIndex)
      assert.equal(pushed.root.digest, digestOf(kept.bytes))
      const { manifests, annotations } = parseIndex(kept.bytes, dockerIndex)
      assert.deepEqual(manifests.map(({ platform, mediaType }) => [platform?.architecture, mediaType]), [['amd64', dockerManifest], ['arm64', dockerManifest]])
      assert.equal(annotations.size, 0)
      for (const { digest } of manifests) {
        const { config, layers } = parseManifest(fixture.server.manifest('app', digest)?.bytes ?? Buffer.alloc(0), dockerManifest)
        assert.deepEqual([config.mediaType, ...layers.map(({ mediaType }) => mediaType)], [MEDIA_TYPE.dockerConfig, MEDIA_TYPE.dockerLayerGzip])
      }
      assert.match(pushed.warnings.join('\n'), new RegExp(`Docker's, as ${pushed.root.digest} and not as ${root.digest}\n.*left out.*1 attestations, org\\.example\\.index, org\\.example\\.manifest`))
    })
  }

  it('is not tried with them again in the same repository', async () => {
    await using fixture = await openFixture()
    fixture.server.faults.manifests.refusedTypes = new Set([ociIndex, ociManifest])
    const root = await makeIndex(fixture.store)
    const [first, second] = [await fixture.push(root), await fixture.push(root, 'app:1.1')]
    assert.deepEqual(second.root, first.root)
    const isPut = ({ method, path }: { method: string; path: string }): boolean => method === 'PUT' && path.includes('/manifests/')
    assert.equal(fixture.server.requests.slice(fixture.server.requests.findLastIndex(({ path }) => path.endsWith('/1.0'))).filter(isPut).length, 1 + 3)
  })

  it('gets a single image in Docker types too, each manifest told as what it became', async () => {
    await using fixture = await openFixture()
    fixture.server.faults.manifests.refusedTypes = new Set([ociManifest])
    const root = await makeManifest(fixture.store, 'linux/amd64')
    const pushed = await fixture.push(root)
    assert.equal(fixture.server.manifest('app', '1.0')?.mediaType, dockerManifest)
    assert.equal(pushed.replaced.get(root.digest)?.digest, pushed.root.digest)
  })

  it('and without lists says that it cannot hold several platforms, and what can be done', async () => {
    await using fixture = await openFixture()
    fixture.server.faults.manifests.refusedTypes = new Set([ociIndex, dockerIndex])
    const error = { name: 'MultiPlatformRefusedError', kind: 'conflict', message: /cannot hold an image of several platforms: it refused .*list.*MANIFEST_INVALID.*index/, hint: /a tag of its own: pelago build --platform linux\/amd64 -t .*app:1\.0-amd64 --push/ }
    await assert.rejects(fixture.push(await makeIndex(fixture.store)), error)
  })

  it('gets no layer of zstd, since Docker has none, and says what to do', async () => {
    await using fixture = await openFixture()
    fixture.server.faults.manifests.refusedTypes = new Set([ociIndex])
    const root = await makeIndex(fixture.store, { layerType: MEDIA_TYPE.ociLayerZstd })
    await assert.rejects(fixture.push(root), { name: 'UnsupportedImageError', message: /refused .*index.*no zstd layers/, hint: /compression=gzip/ })
  })
})

describe('a registry that takes no attestations', () => {
  it('gets the image without them, in the types that it has', async () => {
    await using fixture = await openFixture()
    fixture.server.faults.manifests.refusesArtifacts = true
    const root = await makeIndex(fixture.store)
    const pushed = await fixture.push(root)
    const { manifests, annotations } = parseIndex(fixture.server.manifest('app', '1.0')?.bytes ?? Buffer.alloc(0), ociIndex)
    assert.deepEqual(manifests.map(({ platform }) => platform?.architecture), ['amd64', 'arm64'])
    assert.equal(annotations.get('org.example.index'), 'yes')
    assert.match(pushed.warnings.join('\n'), new RegExp(`refuses attestations .*without them, as ${pushed.root.digest} and not as ${root.digest}`))
  })
})

describe('a registry that does not find at once what another is pushing, too', () => {
  const refusal = { status: 400, body: '{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match"},{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown"}]}' }
  it('gets the image all the same', async () => {
    await using fixture = await openFixture()
    Object.assign(fixture.server.faults.manifests, { refusedNext: 1, refusal })
    const root = await makeIndex(fixture.store)
    assert.equal((await fixture.push(root)).root.digest, root.digest)
    assert.notEqual(fixture.server.manifest('app', '1.0'), undefined)
  })
  it('is not asked for ever', async () => {
    await using fixture = await openFixture()
    Object.assign(fixture.server.faults.manifests, { refusedTypes: new Set([ociIndex]), refusal })
    await assert.rejects(fixture.push(await makeIndex(fixture.store)), { name: 'ManifestIncompleteError', message: /blob unknown/, hint: /push it again/ })
    assert.equal(fixture.server.requests.filter(({ path }) => path.endsWith('/manifests/1.0')).length, 2)
  })
})

describe('an image that is refused for another reason', () => {
  const reasons = [
    { status: 400, body: '{"errors":[{"code":"TAG_INVALID","message":"the tag exists"}]}' },
    { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN","message":"no such project"}]}' },
    { status: 409, body: '' },
  ]
  for (const refusal of reasons) {
    it(`fails with it, and nothing else is tried: ${refusal.status} ${refusal.body}`, async () => {
      await using fixture = await openFixture()
      Object.assign(fixture.server.faults.manifests, { refusedTypes: new Set([ociIndex]), refusal })
      await assert.rejects(fixture.push(await makeIndex(fixture.store)), { name: 'RegistryRefusedError' })
      assert.equal(fixture.server.requests.filter(({ path }) => path.endsWith('/manifests/1.0')).length, 1)
    })
  }
})

async function makeIndex(store: ContentStore, options: ManifestOptions = {}): Promise<Descriptor> {
  const manifests: Descriptor[] = []
  for (const platform of ['linux/amd64', 'linux/arm64']) manifests.push({ ...(await makeManifest(store, platform, options)), platform: parsePlatform(platform) })
  const statement = await makeManifest(store, 'unknown/unknown', { layerType: 'application/vnd.in-toto+json' })
  const attestation = { ...statement, platform: { os: 'unknown', architecture: 'unknown', variant: '', osVersion: '' }, annotations: new Map([['vnd.docker.reference.type', 'attestation-manifest']]) }
  return await put(store, ociIndex, formatIndex({ mediaType: ociIndex, artifactType: undefined, manifests: [...manifests, attestation], subject: undefined, annotations: new Map([['org.example.index', 'yes']]) }))
}

interface ManifestOptions {
  readonly layerType?: string
}

async function makeManifest(store: ContentStore, platform: string, { layerType = MEDIA_TYPE.ociLayer }: ManifestOptions = {}): Promise<Descriptor> {
  const [os, architecture] = platform.split('/')
  const config = await put(store, MEDIA_TYPE.ociConfig, Buffer.from(JSON.stringify({ os, architecture })))
  const layers = [await put(store, layerType, Buffer.from(`a layer of ${platform}`))]
  return await put(store, ociManifest, formatManifest({ mediaType: ociManifest, artifactType: undefined, config, layers, subject: undefined, annotations: new Map([['org.example.manifest', platform]]) }))
}

async function put(store: ContentStore, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  return describeBlob(mediaType, await putBytes(bytes, store, signal), bytes.byteLength)
}
