import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startFakeRegistry, type FakeRegistry } from '../../test/support/registry/fakeRegistry.ts'
import { TEST_CLIENT } from '../../test/support/registry/registryClient.ts'
import { putBytes, type ContentStore } from '../content/contentStore.ts'
import { createMemoryStore } from '../content/memoryStore.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import { digestOf } from '../ground/digest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { parsePlatform } from '../ground/platform.ts'
import { formatIndex, formatManifest } from '../image/manifestJson.ts'
import { createLimit } from '../kit/limit.ts'
import { createPuller, type Puller } from './pull.ts'
import { pushImage, type PushOptions } from './push.ts'
import { referenceTo } from './registry.suite.ts'
import type { Registry } from './registry.ts'
import { createRegistry } from './registryClient.ts'
import { choosePlatformManifest } from './resolve.ts'
import type { TransferProgress } from './transfer.ts'

const signal = new AbortController().signal
const silent = (): void => undefined

interface Fixture extends AsyncDisposable {
  readonly server: FakeRegistry
  readonly registry: Registry
  readonly store: ContentStore
  readonly puller: Puller
}

async function openFixture(): Promise<Fixture> {
  const server = await startFakeRegistry()
  const registry = createRegistry(TEST_CLIENT)
  const store = createMemoryStore()
  return {
    server,
    registry,
    store,
    puller: createPuller({ registry, store, limit: createLimit(2) }),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** An index of an image a platform, which share a layer, and an attestation. */
async function makeIndex(store: ContentStore, ...platforms: string[]): Promise<Descriptor> {
  const manifests: Descriptor[] = []
  for (const text of platforms) {
    manifests.push({ ...(await makeManifest(store, text)), platform: parsePlatform(text) })
  }
  const attestation = { ...(await makeManifest(store, 'attestation')), platform: { os: 'unknown', architecture: 'unknown', variant: '', osVersion: '' } }
  return await put(store, MEDIA_TYPE.ociIndex, formatIndex({ mediaType: MEDIA_TYPE.ociIndex, artifactType: undefined, manifests: [...manifests, attestation], subject: undefined, annotations: new Map() }))
}

async function makeManifest(store: ContentStore, name: string): Promise<Descriptor> {
  const config = await put(store, MEDIA_TYPE.ociConfig, Buffer.from(JSON.stringify({ name })))
  const layers = [await put(store, MEDIA_TYPE.ociLayer, Buffer.from('a layer of all')), await put(store, MEDIA_TYPE.ociLayer, Buffer.from(`a layer of ${name}`))]
  return await put(store, MEDIA_TYPE.ociManifest, formatManifest({ mediaType: MEDIA_TYPE.ociManifest, artifactType: undefined, config, layers, subject: undefined, annotations: new Map() }))
}

async function put(store: ContentStore, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  return describeBlob(mediaType, await putBytes(bytes, store, signal), bytes.byteLength)
}

const pushOptions: PushOptions = { limit: createLimit(2), otherTags: [], mountFrom: () => undefined, openMissing: () => undefined, onProgress: silent }

describe('a pushed image', () => {
  it('comes back whole: all platforms, attestations and layers', async () => {
    await using fixture = await openFixture()
    const local = createMemoryStore()
    const root = await makeIndex(local, 'linux/amd64', 'linux/arm64')
    const reference = referenceTo(fixture.server, 'app:1.0')
    await pushImage({ ...fixture, store: local }, root, { ...pushOptions, reference }, signal)
    const pulled = await fixture.puller.pullImage(reference, { platforms: 'all', withLayers: true, onProgress: silent }, signal)
    assert.equal(pulled.root.digest, root.digest)
    assert.equal(pulled.manifests.length, 3)
    assert.deepEqual(await digestsIn(fixture.store), await digestsIn(local))
  })

  it('is seen under its tag only when all else is there, each part sent once', async () => {
    await using fixture = await openFixture()
    const root = await makeIndex(fixture.store, 'linux/amd64', 'linux/arm64')
    await pushImage(fixture, root, { ...pushOptions, reference: referenceTo(fixture.server, 'app:1.0') }, signal)
    const puts = fixture.server.requests.filter(({ method }) => method === 'PUT').map(({ path }) => path)
    assert.equal(puts.length, 7 + 3 + 1) // configs and layers, manifests, index
    assert.deepEqual(puts.map((path) => path.includes('/manifests/')), [...Array<boolean>(7).fill(false), ...Array<boolean>(4).fill(true)])
    assert.equal(puts.at(-1), '/v2/app/manifests/1.0')
  })

  it('is mounted where another repository has its blobs, and sent again nowhere', async () => {
    await using fixture = await openFixture()
    const root = await makeIndex(fixture.store, 'linux/amd64')
    await pushImage(fixture, root, { ...pushOptions, reference: referenceTo(fixture.server, 'base') }, signal)
    const actions = new Set<string>()
    const mountFrom = (): { host: string; repository: string } => ({ host: fixture.server.host, repository: 'base' })
    const onProgress = ({ action }: TransferProgress): void => void actions.add(action)
    await pushImage(fixture, root, { ...pushOptions, reference: referenceTo(fixture.server, 'app'), mountFrom, onProgress }, signal)
    assert.deepEqual([...actions], ['mounted', 'pushed'])
    actions.clear()
    await pushImage(fixture, root, { ...pushOptions, reference: referenceTo(fixture.server, 'app'), onProgress }, signal)
    assert.deepEqual([...actions], ['already there', 'pushed'])
  })

  it('takes blobs that are not in the store from elsewhere', async () => {
    await using fixture = await openFixture()
    const root = await makeManifest(fixture.store, 'lazy')
    await fixture.store.remove(digestOf('a layer of all'), Infinity, signal)
    const reference = referenceTo(fixture.server, 'app')
    await assert.rejects(pushImage(fixture, root, { ...pushOptions, reference }, signal), { name: 'BlobNotFoundError', digest: digestOf('a layer of all') })
    const openMissing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a layer of all')
    }
    await pushImage(fixture, root, { ...pushOptions, reference, openMissing }, signal)
    assert.equal((await fixture.registry.resolve(reference, signal)).digest, root.digest)
  })
})

describe('a pull', () => {
  it('of some platforms takes what they need, and nothing else', async () => {
    await using fixture = await openFixture()
    const reference = await pushed(fixture, 'linux/amd64', 'linux/arm64', 'linux/arm/v7')
    const { manifests } = await fixture.puller.pullImage(reference, { platforms: [parsePlatform('linux/arm64')], withLayers: true, onProgress: silent }, signal)
    assert.deepEqual(manifests.map(({ platform }) => platform?.architecture), ['arm64'])
    assert.equal((await digestsIn(fixture.store)).length, 2 + 3) // index and manifest, config and layers
  })

  it('without layers takes none', async () => {
    await using fixture = await openFixture()
    const reference = await pushed(fixture, 'linux/amd64')
    await fixture.puller.pullImage(reference, { platforms: [parsePlatform('linux/amd64')], withLayers: false, onProgress: silent }, signal)
    assert.equal((await digestsIn(fixture.store)).length, 3)
  })

  it('goes on with a layer that was interrupted', async () => {
    await using fixture = await openFixture()
    const layer = serve(fixture, 'a layer')
    await writePart(fixture.store, layer, 'a la')
    await fixture.puller.pullBlob({ host: fixture.server.host, repository: 'app' }, layer, silent, signal)
    assert.deepEqual(fixture.server.requests.map(({ range }) => range).slice(1), ['bytes=4-'])
    assert.equal(await fixture.store.sizeBytes(layer.digest, signal), 7)
  })

  it('begins anew where the interrupted part was wrong', async () => {
    await using fixture = await openFixture()
    const layer = serve(fixture, 'a layer')
    await writePart(fixture.store, layer, 'b la')
    await fixture.puller.pullBlob({ host: fixture.server.host, repository: 'app' }, layer, silent, signal)
    assert.equal(await fixture.store.sizeBytes(layer.digest, signal), 7)
  })

  it('fetches a layer once for all who want it at once', async () => {
    await using fixture = await openFixture()
    const layer = serve(fixture, 'a layer')
    const done: string[] = []
    const onProgress = ({ id, state }: TransferProgress): void => void (state === 'done' && done.push(id))
    const pull = (): Promise<void> => fixture.puller.pullBlob({ host: fixture.server.host, repository: 'app' }, layer, onProgress, signal)
    await Promise.all([pull(), pull(), pull()])
    assert.equal(fixture.server.requests.filter(({ path }) => path.includes('/blobs/')).length, 1)
    assert.deepEqual(done, [layer.digest, layer.digest, layer.digest])
  })

  it('refuses a layer that is not what its digest says, and keeps nothing of it', async () => {
    await using fixture = await openFixture()
    const layer = serve(fixture, 'a layer')
    fixture.server.faults.corrupts = true
    await assert.rejects(fixture.puller.pullBlob({ host: fixture.server.host, repository: 'app' }, layer, silent, signal), { name: 'BlobCorruptError' })
    assert.equal(await fixture.store.sizeBytes(layer.digest, signal), undefined)
  })
})

describe('choosePlatformManifest', () => {
  const digest = digestOf('manifest')
  const listed = (...platforms: string[]): Descriptor[] => platforms.map((platform) => ({ ...describeBlob(MEDIA_TYPE.ociManifest, digest, 1), platform: parsePlatform(platform) }))
  const attestation: Descriptor = { ...describeBlob(MEDIA_TYPE.ociManifest, digest, 1), platform: { os: 'unknown', architecture: 'unknown', variant: '', osVersion: '' } }

  it('finds the platform', () => {
    assert.equal(choosePlatformManifest(listed('linux/amd64', 'linux/arm64'), parsePlatform('linux/arm64'), 'app').platform?.architecture, 'arm64')
  })

  const absent = [
    { has: ['linux/amd64', 'linux/arm64'], wanted: 'linux/riscv64', hint: 'it has linux/amd64, linux/arm64; choose one of these, or an image that has linux/riscv64' },
    { has: ['linux/arm64', 'linux/arm/v7'], wanted: 'linux/arm/v6', hint: 'it has linux/arm64, linux/arm/v7; the nearest is linux/arm/v7' },
    { has: [], wanted: 'linux/amd64', hint: 'choose an image that has linux/amd64' },
  ]
  for (const { has, wanted, hint } of absent) {
    it(`says that ${has.length === 0 ? 'nothing' : has.join(', ')} is not ${wanted}, and leaves attestations out`, () => {
      assert.throws(() => choosePlatformManifest([...listed(...has), attestation], parsePlatform(wanted), 'app'), { name: 'PlatformMissingError', kind: 'not-found', hint })
    })
  }
})

async function pushed(fixture: Fixture, ...platforms: string[]): Promise<ReturnType<typeof referenceTo>> {
  const local = createMemoryStore()
  const reference = referenceTo(fixture.server, 'app')
  await pushImage({ ...fixture, store: local }, await makeIndex(local, ...platforms), { ...pushOptions, reference }, signal)
  return reference
}

function serve({ server }: Fixture, text: string): Descriptor {
  return describeBlob(MEDIA_TYPE.ociLayer, server.putBlob('app', Buffer.from(text)), text.length)
}

async function writePart(store: ContentStore, { digest }: Descriptor, text: string): Promise<void> {
  await using ingest = await store.openIngest({ resumeKey: digest }, signal)
  await ingest.write(Buffer.from(text))
}

async function digestsIn(store: ContentStore): Promise<string[]> {
  const digests: string[] = []
  for await (const { digest } of store.list(signal)) digests.push(digest)
  return digests.sort()
}
