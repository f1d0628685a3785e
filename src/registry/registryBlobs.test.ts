import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startFakeRegistry } from '../../test/support/registry/fakeRegistry.ts'
import { TEST_CLIENT } from '../../test/support/registry/registryClient.ts'
import { describeBlob } from '../ground/oci/descriptor.ts'
import { digestOf } from '../ground/digest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { parsePlatform } from '../ground/platform.ts'
import { readSmallBlob, viewImages } from '../image/imageView.ts'
import { formatIndex, formatManifest } from '../image/manifestJson.ts'
import { referenceTo } from './registry.suite.ts'
import { createRegistryBlobs } from './registryBlobs.ts'
import { createRegistry } from './registryClient.ts'

const signal = new AbortController().signal
const PLAIN = { artifactType: undefined, subject: undefined, annotations: new Map<string, string>() }
const [CONFIG, LAYER] = [Buffer.from('{"a":1}'), Buffer.from('a layer')]

describe('the blobs of an image in a registry', () => {
  it('are read from the root on: documents once, layers as they are asked for', async () => {
    await using server = await startFakeRegistry()
    for (const bytes of [CONFIG, LAYER]) server.putBlob('app', bytes)
    const manifest = formatManifest({ ...PLAIN, mediaType: MEDIA_TYPE.ociManifest, config: describeBlob(MEDIA_TYPE.ociConfig, digestOf(CONFIG), CONFIG.byteLength), layers: [describeBlob(MEDIA_TYPE.ociLayer, digestOf(LAYER), LAYER.byteLength)] })
    const entry = { ...describeBlob(MEDIA_TYPE.ociManifest, server.putManifest('app', 'arm', { mediaType: MEDIA_TYPE.ociManifest, bytes: manifest }), manifest.byteLength), platform: parsePlatform('linux/arm64') }
    server.putManifest('app', '1', { mediaType: MEDIA_TYPE.ociIndex, bytes: formatIndex({ ...PLAIN, mediaType: MEDIA_TYPE.ociIndex, manifests: [entry] }) })
    await using registry = createRegistry({ ...TEST_CLIENT, retries: { ...TEST_CLIENT.retries, attempts: 1 } })
    const reference = referenceTo(server, 'app:1')
    const blobs = createRegistryBlobs(registry, reference, await registry.resolve(reference, signal))
    await assert.rejects(readSmallBlob(blobs, describeBlob('', digestOf(LAYER), LAYER.byteLength), 100, signal), { name: 'BlobNotFoundError' }) // nothing has named it yet
    const [view] = await viewImages(blobs, await registry.resolve(reference, signal), signal)
    assert.ok(view)
    const { config, layers } = await view.manifest(signal)
    const [layer] = layers
    assert.ok(layer)
    assert.equal(Buffer.from(await readSmallBlob(blobs, config, 100, signal)).toString(), '{"a":1}')
    assert.equal(server.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(`manifests/${entry.digest}`)).length, 1)
    server.faults.corrupts = true
    await assert.rejects(readSmallBlob(blobs, layer, 100, signal), { name: 'BlobCorruptError' })
  })
})
